// Functions on aws-lambda-go, unmodified: test_lambda_runtime.py runs them under provided.al2023.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func echo(ctx context.Context, event map[string]any) (map[string]any, error) {
	if event["fail"] != nil {
		return nil, errors.New("as asked")
	}
	call, _ := lambdacontext.FromContext(ctx)
	return map[string]any{"event": event, "id": call.AwsRequestID, "function": lambdacontext.FunctionName}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("in the middle") }

func page(event map[string]any) (*events.LambdaFunctionURLStreamingResponse, error) {
	body := io.Reader(strings.NewReader("streamed by Go"))
	if event["rawPath"] == "/broken" {
		body = io.MultiReader(body, broken{})
	}
	return &events.LambdaFunctionURLStreamingResponse{StatusCode: 202, Headers: map[string]string{"X-Colour": "green"}, Body: body}, nil
}

func main() {
	if os.Getenv("_HANDLER") == "page" {
		lambda.Start(page)
	}
	lambda.Start(echo)
}
