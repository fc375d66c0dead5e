// Calls a learner's Go function, inside the sandbox: one JSON line in, one out, on channels of their own.
// Standard output is the learner's: what a function prints never meets an answer.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"drill/exercise"
)

type told map[string]interface{}

var place = regexp.MustCompile(`/exercise/solution\.go:(\d+)`)

const tickNs = 10000000

// watch measures CPU time from when it is made.
type watch struct {
	cpu  int64
	real time.Time
}

func cpuNs() int64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// spent is CPU time, which a limit on it makes Linux count in ticks; where little was spent, real time.
func (w watch) spent() int64 {
	cpu, real := cpuNs()-w.cpu, time.Since(w.real).Nanoseconds()
	if cpu-real < tickNs && real-cpu < tickNs {
		return real
	}
	return cpu
}

func answer(line []byte) (said told) {
	var given []json.RawMessage
	must(json.Unmarshal(line, &given))
//ARGUMENTS
	began := watch{cpuNs(), time.Now()}
	defer func() {
		if reason := recover(); reason != nil {
			at := 0
			if found := place.FindSubmatch(debug.Stack()); found != nil {
				at, _ = strconv.Atoi(string(found[1]))
			}
			kind := "panic"
			if _, is := reason.(runtime.Error); is {
				kind = "runtime error"
			}
			said = told{"raised": kind, "message": fmt.Sprint(reason), "line": at, "text": "", "cpu_ns": began.spent()}
		}
	}()
	result := exercise.FUNCTION(PASSED)
	spent := began.spent()
//RESULT
	return told{"result": shown, "cpu_ns": spent}
}

//PARTS

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func channel(argument string) *os.File {
	number, err := strconv.Atoi(argument)
	must(err)
	return os.NewFile(uintptr(number), "channel")
}

func main() {
	asked := bufio.NewReaderSize(channel(os.Args[len(os.Args)-2]), 1<<16)
	answered := json.NewEncoder(channel(os.Args[len(os.Args)-1]))
	must(answered.Encode(told{"ready": true}))
	for {
		line, err := asked.ReadBytes('\n')
		if err != nil {
			return
		}
		must(answered.Encode(answer(line)))
	}
}
