// HPACK of golang.org/x/net, line by line: "encode LIMIT FIELDS" answers a block, "decode BLOCK" its fields. One encoder and one decoder, each with its
// table, until "new". FIELDS are base64 of name and value in turn, separated by commas; a block is base64.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"
)

func text(word string) string {
	raw, err := base64.StdEncoding.DecodeString(word)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func main() {
	var out bytes.Buffer
	encoder := hpack.NewEncoder(&out)
	decoder := hpack.NewDecoder(4096, nil)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	said := bufio.NewWriter(os.Stdout)
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		switch words[0] {
		case "new":
			encoder = hpack.NewEncoder(&out)
			decoder = hpack.NewDecoder(4096, nil)
			fmt.Fprintln(said, "ok")
		case "encode":
			limit, _ := strconv.Atoi(words[1])
			encoder.SetMaxDynamicTableSize(uint32(limit))
			out.Reset()
			parts := strings.Split(words[2], ",")
			for i := 0; i+1 < len(parts); i += 2 {
				encoder.WriteField(hpack.HeaderField{Name: text(parts[i]), Value: text(parts[i+1]), Sensitive: len(parts[i])%7 == 0})
			}
			fmt.Fprintln(said, base64.StdEncoding.EncodeToString(out.Bytes()))
		case "decode":
			fields, err := decoder.DecodeFull([]byte(text(words[1])))
			if err != nil {
				fmt.Fprintln(said, "error", err)
				break
			}
			parts := []string{}
			for _, field := range fields {
				parts = append(parts, base64.StdEncoding.EncodeToString([]byte(field.Name)), base64.StdEncoding.EncodeToString([]byte(field.Value)))
			}
			fmt.Fprintln(said, strings.Join(parts, ","))
		}
		said.Flush()
	}
}
