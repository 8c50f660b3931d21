package temporalclient

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"guestjourney/internal/codec"
)

// DataConverter writes values as JSON and seals them. An empty ring leaves them
// in clear.
func DataConverter(ring *codec.Ring, options ...codec.Option) converter.DataConverter {
	plain := converter.GetDefaultDataConverter()
	if ring.Empty() {
		return plain
	}
	sealing, err := codec.New(ring, options...)
	if err != nil {
		panic("a ring that is not empty was refused: " + err.Error())
	}
	return converter.NewCodecDataConverter(plain, sealing)
}

// FailureConverter seals the messages and stack traces of failures as well:
// they may quote what they failed on.
func FailureConverter(data converter.DataConverter) converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter:          data,
		EncodeCommonAttributes: true,
	})
}

func converters(ring *codec.Ring, options ...codec.Option) (converter.DataConverter, converter.FailureConverter) {
	data := DataConverter(ring, options...)
	if ring.Empty() {
		return data, temporal.GetDefaultFailureConverter()
	}
	return data, FailureConverter(data)
}

// ReplayerOptions are those of a replayer that reads what a worker wrote, and
// like a worker panics at what it cannot read.
func ReplayerOptions(ring *codec.Ring) worker.WorkflowReplayerOptions {
	data, failure := converters(ring, codec.PanicOnFailure())
	return worker.WorkflowReplayerOptions{DataConverter: data, FailureConverter: failure}
}
