# Secrets of identity providers while there is no vault (stages 1 to 3).

variable "oidc_secrets" {
  description = "Secrets that identity providers have given out, e.g. { APUS_OIDC_ENTRA_CLIENT_SECRET = \"…\" }; give it as TF_VAR_oidc_secrets. Whoever may read the machines' description sees it, until stage 4 has a vault."
  type        = map(string)
  default     = {}
  sensitive   = true
}
