{{/*
The pieces that put Pannier beside an application. A team's chart names this one as a dependency with `workload.enabled: false` and includes them in
its own Deployment, giving the dependency's scope: {{ include "pannier.container" .Subcharts.pannier }}.
*/}}

{{/* The name of the ConfigMap and of what else belongs to the sidecar alone. */}}
{{- define "pannier.configName" -}}
{{ .Release.Name }}-pannier
{{- end }}

{{- define "pannier.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* What no container of the pod needs. */}}
{{- define "pannier.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* spec.template.spec.securityContext */}}
{{- define "pannier.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* spec.template.spec.terminationGracePeriodSeconds */}}
{{- define "pannier.terminationGracePeriodSeconds" -}}
{{ add .Values.grace.application .Values.grace.pannier .Values.grace.margin }}
{{- end }}

{{/* One item of spec.template.spec.initContainers */}}
{{- define "pannier.container" -}}
- name: pannier
  image: {{ include "pannier.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  restartPolicy: Always
  args: [serve]
  workingDir: /etc/pannier
  env:
    - name: ENABLE_K8S_CONFIG_WATCH
      value: "true"
    {{- if and .Values.secret.name .Values.secret.tokenKeys }}
    - name: PANNIER_TOKENS_KEYS
      valueFrom:
        secretKeyRef:
          name: {{ .Values.secret.name }}
          key: {{ .Values.secret.tokenKeys }}
    {{- end }}
    {{- with .Values.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - name: operations
      containerPort: 7071
      protocol: TCP
  startupProbe:
    httpGet:
      path: /readyz
      port: operations
    periodSeconds: 1
    timeoutSeconds: 6
    failureThreshold: 300
  readinessProbe:
    httpGet:
      path: /readyz
      port: operations
    periodSeconds: 10
    timeoutSeconds: 6
    failureThreshold: 2
  livenessProbe:
    httpGet:
      path: /livez
      port: operations
    periodSeconds: 10
    timeoutSeconds: 3
    failureThreshold: 3
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  securityContext:
    {{- include "pannier.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - name: pannier-config
      mountPath: /etc/pannier
      readOnly: true
    {{- if and .Values.secret.name .Values.secret.files }}
    - name: pannier-secret
      mountPath: /run/secrets/pannier
      readOnly: true
    {{- end }}
    - name: pannier-data
      mountPath: /data
    - name: pannier-tmp
      mountPath: /tmp
{{- end }}

{{/* Items of spec.template.spec.volumes */}}
{{- define "pannier.volumes" -}}
- name: pannier-config
  configMap:
    name: {{ include "pannier.configName" . }}
{{- if and .Values.secret.name .Values.secret.files }}
- name: pannier-secret
  secret:
    secretName: {{ .Values.secret.name }}
    items:
      {{- range .Values.secret.files }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
    defaultMode: 288
{{- end }}
- name: pannier-data
  {{- if .Values.data.claimName }}
  persistentVolumeClaim:
    claimName: {{ .Values.data.claimName }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .Values.data.size }}
  {{- end }}
- name: pannier-tmp
  emptyDir:
    sizeLimit: 64Mi
{{- end }}

{{/* A store that one process at a time can have open needs one pod, which ends before the next begins, and a volume that stays. */}}
{{- define "pannier.oneProcess" -}}
{{- range $name, $store := .Values.config.stores }}
{{- if regexMatch "^(kv|pebble):" (default "" $store.url) }}
{{- with $.Values.workload }}
{{- if or (gt (int .replicas) 1) (ne (default "RollingUpdate" .strategy.type) "Recreate") (not $.Values.data.claimName) }}
{{- fail (printf "config.stores.%s: one process at a time can have it open; set workload.replicas 1, workload.strategy {type: Recreate} and data.claimName" $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
