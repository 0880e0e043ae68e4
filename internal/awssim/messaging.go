package awssim

import (
	"log/slog"
	"net/http"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/eventbridge"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sns"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sqs"
)

// messaging is the services that carry messages. They call each other in this order only: events, topics, queues.
type messaging struct {
	queues *sqs.Service
	topics *sns.Service
	events *eventbridge.Service
}

func newMessaging(pace clock.Clock, base func() string, log *slog.Logger) messaging {
	queues := sqs.New(pace, base)
	topics := sns.New(sns.Deps{Clock: pace, Queues: queues, Base: base, Logger: log})
	return messaging{queues, topics, eventbridge.New(eventbridge.Deps{Clock: pace, Queues: queues, Topics: topics, Logger: log})}
}

// confirmSubscription is where the SubscribeURL of a message leads.
func (s *Server) confirmSubscription(w http.ResponseWriter, r *http.Request) {
	arn, err := s.carriers.topics.Confirm(r.URL.Query().Get("TopicArn"), r.URL.Query().Get("Token"))
	if err != nil {
		replyError(w, http.StatusBadRequest, err)
		return
	}
	reply(w, http.StatusOK, map[string]string{"SubscriptionArn": arn})
}
