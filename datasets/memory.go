package datasets

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// FreeMemory returns how many bytes of memory this process may still take, as far as Linux says: what the machine has
// available, what the control group leaves and what the limit of the address space does. It is 0 where nothing is
// known.
func FreeMemory() (bytes float64) {
	least := func(free float64, known bool) {
		if known && (bytes == 0 || free < bytes) {
			bytes = max(free, 1)
		}
	}
	available, known := numberAfter("/proc/meminfo", "MemAvailable:")
	least(available*1024, known)
	for _, group := range []struct{ folder, limit, used string }{
		{"/sys/fs/cgroup/", "memory.max", "memory.current"},
		{"/sys/fs/cgroup/memory/", "memory.limit_in_bytes", "memory.usage_in_bytes"},
	} {
		most, limited := numberAfter(group.folder+group.limit, "")
		taken, known := numberAfter(group.folder+group.used, "")
		for _, cache := range []string{"\nactive_file", "\ninactive_file"} { // given back where memory is short
			files, _ := numberAfter(group.folder+"memory.stat", cache)
			taken -= files
		}
		least(most-taken, limited && known)
	}
	most, limited := numberAfter("/proc/self/limits", "Max address space")
	taken, known := numberAfter("/proc/self/status", "VmSize:")
	least(most-taken*1024, limited && known)
	return bytes
}

// numberAfter returns the number that follows a name in a file of the system.
func numberAfter(file, name string) (number float64, ok bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	_, rest, found := strings.Cut(string(data), name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, false
	}
	number, err = strconv.ParseFloat(fields[0], 64)
	return number, err == nil
}

// fits rejects data that would not fit in memory: so many values, with the copy that preprocessing makes of them.
func fits(values int, file string) error {
	free, need := FreeMemory(), 8*float64(values)
	if free == 0 || need <= free {
		return nil
	}
	return &FormatError{file, fmt.Sprintf("%.4g values, which take %.3g GB with a copy", float64(values), need/1e9),
		fmt.Sprintf("no more than the %.3g GB of memory that are free", free/1e9), "split the set"}
}
