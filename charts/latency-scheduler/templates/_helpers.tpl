{{/* Prefix of every name: the release's, unless the chart's is part of it. */}}
{{- define "latency-scheduler.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What never changes during a component's life. Arguments: root, component. */}}
{{- define "latency-scheduler.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of an object. Arguments: root, component. */}}
{{- define "latency-scheduler.labels" -}}
{{ include "latency-scheduler.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: latency-scheduler
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of a pod: without the chart's version, so that an upgrade of the chart alone restarts nothing. Arguments: root, component. */}}
{{- define "latency-scheduler.podLabels" -}}
{{ include "latency-scheduler.selectorLabels" . }}
app.kubernetes.io/part-of: latency-scheduler
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name of a component's objects. Arguments: root, component. */}}
{{- define "latency-scheduler.name" -}}
{{- printf "%s-%s" (include "latency-scheduler.fullname" .root) .component -}}
{{- end -}}

{{/* Account of a component. Arguments: root, component. */}}
{{- define "latency-scheduler.account" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- if $account.create -}}
{{- default (include "latency-scheduler.name" .) $account.name -}}
{{- else -}}
{{- required (printf "%s.serviceAccount.name is needed when %s.serviceAccount.create is false" .component .component) $account.name -}}
{{- end -}}
{{- end -}}

{{/* The account as the API server calls it. Arguments: root, component. */}}
{{- define "latency-scheduler.user" -}}
{{- printf "system:serviceaccount:%s:%s" .root.Release.Namespace (include "latency-scheduler.account" .) -}}
{{- end -}}

{{/* Arguments: root, component. */}}
{{- define "latency-scheduler.image" -}}
{{- $image := (index .root.Values .component).image -}}
{{- with .root.Values.image.registry }}{{ . | trimSuffix "/" }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest -}}@{{ $image.digest }}{{- else -}}:{{ default .root.Chart.AppVersion $image.tag }}{{- end -}}
{{- end -}}

{{/* Whether the cluster has an API version, or shall be taken to. Arguments: root, version. */}}
{{- define "latency-scheduler.has" -}}
{{- if or (.root.Capabilities.APIVersions.Has .version) (has .version .root.Values.capabilities.apiVersions) -}}true{{- end -}}
{{- end -}}

{{/* Whether ValidatingAdmissionPolicy is used: in admissionregistration.k8s.io/v1 since Kubernetes 1.30. */}}
{{- define "latency-scheduler.fenced" -}}
{{- $wanted := .Values.fencing.enabled | toString -}}
{{- if or (eq $wanted "true") (and (eq $wanted "auto") (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version)) -}}true{{- end -}}
{{- end -}}

{{/* Scheduling and security fields of a pod that all components have. Arguments: root, component. */}}
{{- define "latency-scheduler.podFields" -}}
{{- $values := index .root.Values .component -}}
serviceAccountName: {{ include "latency-scheduler.account" . }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Name of the webhook's configuration, Secret and rights. */}}
{{- define "latency-scheduler.webhookName" -}}
{{- include "latency-scheduler.name" (dict "root" . "component" "webhook") -}}
{{- end -}}

{{/* Settings of the scheduler below latency-scheduler.webhook. */}}
{{- define "latency-scheduler.webhookConfig" -}}
enabled: true
port: {{ .Values.webhook.port }}
names: {{ include "latency-scheduler.name" (dict "root" . "component" "scheduler") }}.{{ .Release.Namespace }}.svc
secret: {{ include "latency-scheduler.webhookName" . }}
configuration: {{ include "latency-scheduler.webhookName" . }}
run-directory: {{ .Values.agent.runDirectory }}
library-directory: {{ .Values.agent.libraryDirectory | quote }}
network: {{ .Values.webhook.network | quote }}
extended-resource: {{ and .Values.agent.enabled .Values.agent.devicePlugin.enabled }}
hugepages: {{ .Values.webhook.hugepages }}
cpus: {{ .Values.webhook.cpus }}
memory: {{ .Values.webhook.memory }}
{{- end -}}

{{/* What a container needs that is neither privileged nor root. */}}
{{- define "latency-scheduler.hardened" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Startup, liveness and readiness: the JVM may start slowly on a busy node, and is not restarted for an absent API server. */}}
{{- define "latency-scheduler.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end -}}

{{/* Values that contradict each other, all at once. */}}
{{- define "latency-scheduler.faults" -}}
{{- $faults := list -}}
{{- $election := dig "leader-election" "enabled" (dig "leaderElection" "enabled" true .Values.scheduler.config) .Values.scheduler.config -}}
{{- if and .Values.scheduler.enabled (gt (int .Values.scheduler.replicas) 1) (eq (toString $election) "false") -}}
{{- $faults = append $faults (printf "scheduler.replicas is %d, but without leader election there must be one instance alone: set scheduler.replicas=1 or drop scheduler.config.leader-election.enabled" (int .Values.scheduler.replicas)) -}}
{{- end -}}
{{- if dig "name" "" .Values.scheduler.config -}}
{{- $faults = append $faults "scheduler.config.name must not be set: scheduler.name says which pods are placed" -}}
{{- end -}}
{{- if and .Values.webhook.enabled (not .Values.scheduler.enabled) -}}
{{- $faults = append $faults "webhook.enabled is true, but the scheduler's replicas serve it: set scheduler.enabled=true" -}}
{{- end -}}
{{- if and .Values.webhook.policy.enabled .Values.webhook.enabled -}}
{{- $faults = append $faults "webhook.enabled and webhook.policy.enabled are both true: one of them completes pods" -}}
{{- end -}}
{{- if and .Values.webhook.policy.enabled (semverCompare "<1.34.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $faults = append $faults (printf "webhook.policy.enabled is true, but Kubernetes %s has no MutatingAdmissionPolicy (1.34 and newer have): use webhook.enabled" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if dig "node-name" "" .Values.agent.config -}}
{{- $faults = append $faults "agent.config.node-name must not be set: each agent is told its own node" -}}
{{- end -}}
{{- if and .Values.agent.enabled .Values.discovery.enabled (eq (int .Values.agent.port) (int .Values.discovery.port)) -}}
{{- $faults = append $faults (printf "agent.port and discovery.port are both %d: both listen on the node itself and must differ" (int .Values.agent.port)) -}}
{{- end -}}
{{- if and (eq (toString .Values.fencing.enabled) "true") (semverCompare "<1.30.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $faults = append $faults (printf "fencing.enabled is true, but Kubernetes %s has no ValidatingAdmissionPolicy in v1 (1.30 and newer have): use auto" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if $faults -}}{{- fail (printf "\n  - %s" (join "\n  - " $faults)) -}}{{- end -}}
{{- end -}}
