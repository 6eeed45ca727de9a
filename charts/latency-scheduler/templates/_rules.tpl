{{/* Every right that each program uses, and no other: a test compares them with what the API server's audit log saw. */}}
{{- define "latency-scheduler.rules.scheduler" -}}
- apiGroups: [""]
  resources: [nodes]
  verbs: [list, watch, patch]
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [persistentvolumes]
  verbs: [get, list, watch, patch]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [list, watch, patch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, delete]
- apiGroups: [""]
  resources: [pods/binding, pods/eviction]
  verbs: [create]
- apiGroups: [""]
  resources: [pods/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
- apiGroups: [storage.k8s.io]
  resources: [storageclasses, csinodes]
  verbs: [list, watch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [list, watch]
- apiGroups: [latency-scheduler.io]
  resources: [nodeinventories, nodedataplanes]
  verbs: [list, watch]
{{- end -}}

{{- define "latency-scheduler.rules.discovery" -}}
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch, patch]
- apiGroups: [latency-scheduler.io]
  resources: [nodeinventories]
  verbs: [get, create, patch]
{{- if dig "publish" "node-feature" "enabled" false .Values.discovery.config }}
- apiGroups: [nfd.k8s-sigs.io]
  resources: [nodefeatures]
  verbs: [get, create, patch]
{{- end }}
{{- end -}}

{{- define "latency-scheduler.rules.agent" -}}
- apiGroups: [""]
  resources: [nodes]
  {{- $paths := dig "paths" "peers" "none" .Values.agent.config }}
  {{- if ne (dig "overlay" "mode" "none" .Values.agent.config) "none" }}
  # The overlay follows the other nodes, and says on its own what carries it.
  verbs: [get, list, watch, patch]
  {{- else }}
  # Paths to other nodes are measured where they are known.
  verbs: {{ ternary "[get]" "[get, list]" (eq $paths "none") }}
  {{- end }}
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
- apiGroups: [latency-scheduler.io]
  resources: [nodeinventories]
  verbs: [list, watch]
- apiGroups: [latency-scheduler.io]
  resources: [nodedataplanes]
  verbs: [create]
- apiGroups: [latency-scheduler.io]
  resources: [nodedataplanes/status]
  verbs: [patch]
{{- end -}}
