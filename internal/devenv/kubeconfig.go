package devenv

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// serviceAccount is the operator's.
const serviceAccount = "ecsapp-operator"

// serviceAccountKubeconfig writes a kubeconfig with a token of the operator's service account and nothing else.
func (e *Env) serviceAccountKubeconfig(ctx context.Context) (string, error) {
	token, err := e.Kubectl(ctx, "create", "token", serviceAccount, "--namespace", Namespace, "--duration", "24h")
	if err != nil {
		return "", err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["devenv"] = &clientcmdapi.Cluster{
		Server: e.Admin.Host, CertificateAuthorityData: e.Admin.CAData,
	}
	config.AuthInfos[serviceAccount] = &clientcmdapi.AuthInfo{Token: strings.TrimSpace(token)}
	config.Contexts["devenv"] = &clientcmdapi.Context{Cluster: "devenv", AuthInfo: serviceAccount}
	config.CurrentContext = "devenv"
	path := filepath.Join(e.options.Dir, "operator.kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("writing the operator's kubeconfig: %w", err)
	}
	return path, nil
}
