package server

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// checkTimeout is below the three seconds that the Dockerfile gives the check.
const checkTimeout = 2 * time.Second

// CheckHealth asks a running service whether it is healthy. It returns nil if the answer is 200.
func CheckHealth(ctx context.Context, baseURL string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	url := baseURL + "/health"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("preparing the health check: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("checking health: %w", err)
	}
	if err := response.Body.Close(); err != nil {
		return fmt.Errorf("closing the answer of %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}
