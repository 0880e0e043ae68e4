package process

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the longest line that is delivered in one piece. CloudWatch Logs takes events of 256 KiB less 26
// bytes (PutLogEvents, API reference); a longer line is split as the awslogs driver does.
const maxLine = 256*1024 - 26

// eachLine delivers the lines of a stream until it ends or is closed. A last line without newline counts.
func eachLine(stream io.Reader, deliver func(line string)) {
	reader := bufio.NewReaderSize(stream, maxLine)
	for {
		line, err := reader.ReadSlice('\n')
		if len(line) > 0 && deliver != nil {
			deliver(string(bytes.TrimRight(line, "\r\n")))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
