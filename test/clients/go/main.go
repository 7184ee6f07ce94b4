// An ordinary client with grpc-go's defaults; test/clients/README.md has the lines it reads and answers.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// raw sends and receives messages as bytes, under the name of the codec that generated stubs use.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(value any) ([]byte, error) { return *value.(*[]byte), nil }

func (raw) Unmarshal(data []byte, value any) error {
	*value.(*[]byte) = append([]byte(nil), data...)
	return nil
}

type ended struct {
	err      error
	messages int
	last     []byte
	details  string
}

func main() {
	conn, err := grpc.NewClient(os.Args[1],
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})))
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		fmt.Println(answer(conn, strings.Split(lines.Text(), " ")))
	}
}

func answer(conn *grpc.ClientConn, words []string) string {
	switch words[0] {
	case "unary":
		return told(unary(conn, words[1], unpacked(words[2]), number(words[3])))
	case "stream":
		return told(stream(conn, words[1], unpacked(words[2]), number(words[3]), number(words[4])))
	case "load":
		return load(conn, words[1] == "stream", words[2], unpacked(words[3]), number(words[4]), number(words[5]))
	}
	panic("unknown command " + words[0])
}

func within(milliseconds int) (context.Context, context.CancelFunc) {
	if milliseconds == 0 {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), time.Duration(milliseconds)*time.Millisecond)
}

func unary(conn *grpc.ClientConn, path string, request []byte, milliseconds int) ended {
	ctx, cancel := within(milliseconds)
	defer cancel()
	var reply []byte
	var trailer metadata.MD
	if err := conn.Invoke(ctx, path, &request, &reply, grpc.Trailer(&trailer)); err != nil {
		return ended{err: err, details: detailsOf(trailer)}
	}
	return ended{messages: 1, last: reply}
}

func stream(conn *grpc.ClientConn, path string, request []byte, milliseconds int, cancelAfter int) ended {
	ctx, cancel := within(milliseconds)
	defer cancel()
	call, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err != nil {
		return ended{err: err}
	}
	if err := call.SendMsg(&request); err != nil && !errors.Is(err, io.EOF) {
		return ended{err: err}
	}
	if err := call.CloseSend(); err != nil {
		return ended{err: err}
	}
	got := ended{}
	for {
		err := call.RecvMsg(&got.last)
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			got.err, got.details = err, detailsOf(call.Trailer())
			return got
		}
		if got.messages++; got.messages == cancelAfter {
			cancel()
		}
	}
}

func load(conn *grpc.ClientConn, streams bool, path string, request []byte, milliseconds int, inFlight int) string {
	until := time.Now().Add(time.Duration(milliseconds) * time.Millisecond)
	var mutex sync.Mutex
	var workers sync.WaitGroup
	calls, lost, first := 0, 0, ""
	for range inFlight {
		workers.Go(func() {
			for time.Now().Before(until) {
				end := ended{}
				if streams {
					end = stream(conn, path, request, 0, 0)
				} else {
					end = unary(conn, path, request, 0)
				}
				mutex.Lock()
				calls++
				if end.err != nil {
					if lost++; lost == 1 {
						first = strings.ReplaceAll(end.err.Error(), "\n", " ")
					}
				}
				mutex.Unlock()
			}
		})
	}
	workers.Wait()
	return fmt.Sprintf("%d %d %s", calls, lost, first)
}

func told(end ended) string {
	return fmt.Sprintf("%d %d %s %s", status.Code(end.err), end.messages, packed(end.last), packed([]byte(end.details)))
}

func detailsOf(trailer metadata.MD) string {
	return strings.Join(trailer.Get("grpc-status-details-bin"), "")
}

func packed(bytes []byte) string {
	if len(bytes) == 0 {
		return "-"
	}
	return base64.StdEncoding.EncodeToString(bytes)
}

func unpacked(word string) []byte {
	if word == "-" {
		return nil
	}
	bytes, err := base64.StdEncoding.DecodeString(word)
	if err != nil {
		panic(err)
	}
	return bytes
}

func number(word string) int {
	value, err := strconv.Atoi(word)
	if err != nil {
		panic(err)
	}
	return value
}
