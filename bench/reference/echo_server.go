// Echoes whatever it is sent, a goroutine for each connection: the server as one writes it in Go.
//
//	echo_server PATH
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	for {
		client, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go echo(client)
	}
}

func echo(client net.Conn) {
	defer client.Close()
	buffer := make([]byte, 4096)
	for {
		count, err := client.Read(buffer)
		if err != nil {
			return
		}
		if _, err := client.Write(buffer[:count]); err != nil {
			return
		}
	}
}
