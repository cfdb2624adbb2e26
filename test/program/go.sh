#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# go.sh: a static Go program, net/http both ways
#
# timeout: 120
set -u
SECONDS_MAX=110
. "${TEST_TOP-.}/test/program/lib.sh"
have go go || plan

ip link set lo up
cat > main.go <<'END'
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"
)

func fail(what string, err error) {
	fmt.Println(what, err)
	os.Exit(1)
}

func main() {
	if len(os.Args) > 2 {
		r, err := http.Get(os.Args[2])
		if err != nil {
			fail("get", err)
		}
		h := sha256.New()
		io.Copy(h, r.Body)
		fmt.Printf("%x\n", h.Sum(nil))
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:9200")
	if err != nil {
		fail("listen", err)
	}
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Write(b)
	})
	http.Handle("/", http.FileServer(http.Dir(".")))
	go http.Serve(l, nil)
	if len(os.Args) > 1 {
		select {}
	}
	var all sync.WaitGroup
	for i := 0; i < 50; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			b := make([]byte, 100000)
			rand.Read(b)
			r, err := http.Post("http://127.0.0.1:9200/echo", "x/y", bytes.NewReader(b))
			if err != nil {
				fail("post", err)
			}
			got, _ := io.ReadAll(r.Body)
			if !bytes.Equal(got, b) {
				fail("differs", nil)
			}
		}()
	}
	all.Wait()
	out, err := exec.Command("ip", "-br", "link").Output()
	if err != nil || !bytes.Contains(out, []byte("lo")) {
		fail("ip", err)
	}
	c, _ := net.Dial("tcp", "127.0.0.1:9200")
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); err == nil || !err.(net.Error).Timeout() {
		fail("deadline", err)
	}
	u, _ := net.ListenPacket("udp", "127.0.0.1:9201")
	d, _ := net.Dial("udp", "127.0.0.1:9201")
	d.Write([]byte("datagram"))
	b := make([]byte, 100)
	if n, _, _ := u.ReadFrom(b); string(b[:n]) != "datagram" {
		fail("udp", nil)
	}
	fmt.Println("fine")
}
END
head -c 3000000 /dev/urandom > file
expected=$(sum < file)
# Outside of the time that a check may take: a compiler's first run
cache=$TEST_TOP/build/test/go
mkdir -p "$cache" 2> /dev/null
[ -w "$cache" ] || cache=$PWD/cache
CGO_ENABLED=0 GOCACHE=$cache GO111MODULE=off go build -o program main.go > build.log 2>&1
check "it is built, on the stack" test -x program
check "it serves itself, with goroutines" ./program
serve ./program serve
await "it listens" listening 9200
check "curl" test "$(get http://127.0.0.1:9200/file | sum)" = "$expected"
check "another one of it" test "$(./program get http://127.0.0.1:9200/file)" = "$expected"
check "wrk" test "$(wrk -t 1 -c 10 -d 1 http://127.0.0.1:9200/main.go | grep -cE 'Socket errors|Non-2xx')" = 0
plan
