package proxybench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
)

// sender posts over connections that stay open. It is a plain one, because it
// shares the processor with what is measured: net/http's client hands every
// request to two goroutines of its own, which costs as much as the proxy's server.
type sender struct {
	address string
	free    chan *connection
}

type connection struct {
	net.Conn
	answers *bufio.Reader
}

func newSender(address string) *sender {
	return &sender{address: address, free: make(chan *connection, 64)}
}

// post sends a webhook and returns the answer's status and body. A connection
// that failed is not used again.
func (s *sender) post(path, signature, body string) (status int, said string, err error) {
	c, err := s.take()
	if err != nil {
		return 0, "", err
	}
	defer func() {
		if err != nil {
			_ = c.Close()
			return
		}
		s.free <- c
	}()
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nStripe-Signature: %s\r\n\r\n%s",
		path, s.address, len(body), signature, body)
	if err != nil {
		return 0, "", err
	}
	answer, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

func (s *sender) take() (*connection, error) {
	select {
	case c := <-s.free:
		return c, nil
	default:
	}
	plain, err := net.Dial("tcp", s.address)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: plain, answers: bufio.NewReader(plain)}, nil
}
