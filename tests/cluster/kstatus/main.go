// Tells what kstatus, the library by which Flux judges what it applies, finds of each object of a list: one JSON
// object a line.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	var list unstructured.UnstructuredList
	if err := list.UnmarshalJSON(input); err != nil {
		log.Fatal(err)
	}
	output := json.NewEncoder(os.Stdout)
	for i := range list.Items {
		found, err := status.Compute(&list.Items[i])
		if err != nil {
			log.Fatal(err)
		}
		if err := output.Encode(map[string]string{"status": string(found.Status), "message": found.Message}); err != nil {
			log.Fatal(err)
		}
	}
}
