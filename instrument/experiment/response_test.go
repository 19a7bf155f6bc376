package experiment

func init() {
	breaks["response"] = []broken{}
}
