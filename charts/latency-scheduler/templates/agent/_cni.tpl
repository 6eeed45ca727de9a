{{/* The network that pods of tsn-cni join, as CNI configures it: the plugin's type and socket are filled in. */}}
{{- define "latency-scheduler.cni.network" -}}
{{- $socket := dict -}}
{{- if ne .Values.agent.runDirectory "/run/latency-scheduler" -}}
{{- $socket = dict "agentSocket" (printf "%s/cni.sock" (trimSuffix "/" .Values.agent.runDirectory)) -}}
{{- end -}}
{{- merge (dict "cniVersion" "1.0.0" "name" .Values.agent.cni.network.name "type" "tsn-cni") $socket .Values.agent.cni.network.config | toJson -}}
{{- end -}}

{{/* The same as the file of a list of plugins, whose elements have no version and name of their own. */}}
{{- define "latency-scheduler.cni.list" -}}
{{- $plugin := include "latency-scheduler.cni.network" . | fromJson -}}
{{- dict "cniVersion" $plugin.cniVersion "name" $plugin.name "plugins" (list (omit $plugin "cniVersion" "name")) | toJson -}}
{{- end -}}

{{/* Installs plugin and network before the agent starts, again at each upgrade. */}}
{{- define "latency-scheduler.cni.install" -}}
{{- $cni := .Values.agent.cni -}}
- name: install-cni
  image: {{ include "latency-scheduler.image" (dict "root" . "component" "agent") }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - install-cni
    - --bin-directory=/host/cni-bin
    {{- if $cni.network.file }}
    - --configuration=/etc/dataplane-agent/{{ $cni.network.file }}
    - --configuration-directory=/host/cni-networks
    {{- end }}
  resources:
    requests: {cpu: 20m, memory: 64Mi}
    limits: {memory: 128Mi}
  # The folders are root's; nothing else of root is needed.
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    runAsUser: 0
    capabilities: {drop: [ALL]}
    seccompProfile: {type: RuntimeDefault}
  volumeMounts:
    - {name: config, mountPath: /etc/dataplane-agent, readOnly: true}
    - {name: tmp, mountPath: /tmp}
    - {name: cni-bin, mountPath: /host/cni-bin}
    {{- if $cni.network.file }}
    - {name: cni-networks, mountPath: /host/cni-networks}
    {{- end }}
{{- end -}}
