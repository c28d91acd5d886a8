{{- define "predictive-scaler.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 53 characters, so that what is added to it for an object stays within 63. */}}
{{- define "predictive-scaler.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What tells the operator's pods from those of the test and of the Job. A Deployment's selector cannot be changed: nor can these. */}}
{{- define "predictive-scaler.selectorLabels" -}}
app.kubernetes.io/name: {{ include "predictive-scaler.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* Labels of (root, component, labels): the chart's own win over those that are given. */}}
{{- define "predictive-scaler.labels" -}}
{{- $own := dict
  "app.kubernetes.io/name" (include "predictive-scaler.name" .root)
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" (.component | default "operator")
  "app.kubernetes.io/part-of" "predictive-scaler"
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- toYaml (merge $own (.labels | default dict) (.root.Values.commonLabels | default dict)) -}}
{{- end -}}

{{/* metadata of (root, name, and perhaps namespace, component, labels, annotations). */}}
{{- define "predictive-scaler.metadata" -}}
name: {{ .name }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
labels:
  {{- include "predictive-scaler.labels" . | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "predictive-scaler.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "predictive-scaler.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "predictive-scaler.leaseNamespace" -}}
{{- .Values.leaderElection.namespace | default .Release.Namespace -}}
{{- end -}}

{{- define "predictive-scaler.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The operator's rules, made from its code; Secrets and placeholder pods only where allowed. */}}
{{- define "predictive-scaler.rules" -}}
{{- $granted := .Files.Get "files/rbac.yaml" | fromYaml }}
{{- range concat $granted.rules (ternary $granted.headroom list .Values.nodeHeadroom.enabled) }}
{{- if or $.Values.rbac.secrets (not (has "secrets" .resources)) }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where the pods of the chart may run, and as whom. */}}
{{- define "predictive-scaler.podBasics" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What cannot go together. */}}
{{- define "predictive-scaler.refuse" -}}
{{- if and (not .Values.leaderElection.enabled) (gt (int .Values.replicas) 1) -}}
{{- fail (printf "replicas is %d and leaderElection.enabled is false: two pods would both scale. Set replicas to 1, or leave leader election on." (int .Values.replicas)) -}}
{{- end -}}
{{- if and .Values.sharding.enabled (not .Values.leaderElection.enabled) -}}
{{- fail "sharding.enabled is true and leaderElection.enabled is false: without Leases pods do not know of each other. Leave leader election on." -}}
{{- end -}}
{{- if and .Values.externalScaler.enabled (eq (int .Values.externalScaler.port) (int .Values.metrics.port)) -}}
{{- fail (printf "externalScaler.port and metrics.port are both %d: give them different ports." (int .Values.metrics.port)) -}}
{{- end -}}
{{- if and .Values.externalScaler.tls.clientCaKey (not .Values.externalScaler.tls.secretName) -}}
{{- fail "externalScaler.tls.clientCaKey needs externalScaler.tls.secretName: without a certificate of its own the operator speaks plain text." -}}
{{- end -}}
{{- if and .Values.prometheus.ca.secretName .Values.prometheus.ca.configMapName -}}
{{- fail "prometheus.ca names a Secret and a ConfigMap: give secretName or configMapName, not both." -}}
{{- end -}}
{{- end -}}
