package main

import (
	"fmt"
	"net/http"
	"strings"
)

func main() {
	push := `{"to": {"client": "CLIENT"}, "data": "Hello from Go"}`
	answer, err := http.Post("ORIGIN/push", "application/json", strings.NewReader(push))
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Status)
}
