{{- define "holdfast.selector" -}}
app.kubernetes.io/name: holdfast
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "holdfast.labels" -}}
{{ include "holdfast.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "holdfast.name" -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}-holdfast
{{- end }}

{{- /* What the chart knows itself is set over what the values say. */ -}}
{{- define "holdfast.configuration" -}}
{{- $configuration := deepCopy .Values.configuration }}
{{- $listener := dict "address" "0.0.0.0:8443" "certificate" "/etc/holdfast/server/tls.crt" "private_key" "/etc/holdfast/server/tls.key" }}
{{- $_ := set $configuration "listener" (mergeOverwrite (default (dict) $configuration.listener) $listener) }}
{{- $_ := set $configuration "admin" (dict "address" "0.0.0.0:9901") }}
{{- if eq (toString $configuration.client_certificates.trust) "authorities" }}
{{- $_ := set $configuration.client_certificates "authorities" (printf "/etc/holdfast/clients/%s" .Values.clientAuthorities.key) }}
{{- end }}
{{- toYaml $configuration }}
{{- end }}

{{- define "holdfast.container" -}}
name: holdfast
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [run, --config, /etc/holdfast/config/holdfast.yaml]
ports:
  - {name: https, containerPort: 8443}
  - {name: admin, containerPort: 9901}
{{- /* Not /readyz: in mode sidecar the API, which that waits for, starts after this. */}}
startupProbe:
  httpGet: {path: /livez, port: admin}
  periodSeconds: 1
  failureThreshold: 30
readinessProbe:
  httpGet: {path: /readyz, port: admin}
  periodSeconds: 2
livenessProbe:
  httpGet: {path: /livez, port: admin}
  periodSeconds: 10
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  runAsUser: 65532
  runAsGroup: 65532
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: configuration, mountPath: /etc/holdfast/config, readOnly: true}
  - {name: server, mountPath: /etc/holdfast/server, readOnly: true}
  - {name: clients, mountPath: /etc/holdfast/clients, readOnly: true}
  {{- range .Values.folders }}
  - {name: {{ .name }}, mountPath: {{ .mountPath }}, readOnly: true}
  {{- end }}
{{- end }}
