package verify

import (
	"regexp"
	"strings"
	"time"
)

// Headers of the gateways of our own monitors.
const (
	DeviceHeader          = "Device-Signature"
	DeviceNameHeader      = "Device-Name"
	DeviceSequenceHeader  = "Device-Sequence"
	DeviceTimestampHeader = "Device-Timestamp"
)

// DeviceName is what a device may be called: no full stop, which separates the
// signed parts, and nothing that a log or an address would have to escape.
var DeviceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// deviceSequence has one spelling for each number.
var deviceSequence = regexp.MustCompile(`^[1-9][0-9]{0,15}$`)

// NewDevice makes the verifier of one device's keys: HMAC-SHA256 in hex of
// "<device>.<sequence>.<time in seconds>.<body>". Without any it refuses
// everything. Which device a key belongs to is the caller's knowledge.
func NewDevice(keys ...string) (*HMAC, error) {
	return newHMAC(scheme{
		header: DeviceHeader, window: fiveMinutes, read: readDevice,
		beside: []string{DeviceNameHeader, DeviceSequenceHeader, DeviceTimestampHeader}, covers: []string{PartHeaders},
	}, keys, asText)
}

func readDevice(message Message, header string) (claim, error) {
	name, err := single(message.Header, DeviceNameHeader)
	if err != nil || !DeviceName.MatchString(name) {
		return claim{}, ErrHeader
	}
	sequence, err := single(message.Header, DeviceSequenceHeader)
	if err != nil || !deviceSequence.MatchString(sequence) {
		return claim{}, ErrHeader
	}
	layout := stamped{header: DeviceTimestampHeader, unit: time.Second, around: func(_ Message, timestamp string) (string, string) {
		return name + "." + sequence + "." + timestamp + ".", ""
	}}
	found, err := layout.read(message, header)
	found.signedHeaders = []string{strings.ToLower(DeviceNameHeader), strings.ToLower(DeviceSequenceHeader)}
	return found, err
}
