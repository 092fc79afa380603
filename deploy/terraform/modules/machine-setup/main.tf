# What a machine does at its first start: fetch the package, check it, write the settings, start the units.

variable "package_url" {
  description = "Where the Debian package is, e.g. https://github.com/OWNER/apus/releases/download/v0.1.0/apus-vm_0.1.0_amd64.deb."
  type        = string
}

variable "package_sha256" {
  description = "SHA-256 of the package."
  type        = string
}

variable "units" {
  description = "systemd units to start, e.g. [\"apus.service\", \"apus-backup.timer\"]."
  type        = list(string)
}

variable "settings" {
  description = "Settings of the programs, e.g. { APUS_MODELS = \"extractive\" }. No secrets: whoever may read the machine's description sees them."
  type        = map(string)
}

variable "domain" {
  description = "Host name that the machine serves with a certificate of its own, e.g. docs.example.com; null behind a gateway."
  type        = string
  default     = null
}

variable "page_address" {
  description = "Address that the page listens on: 127.0.0.1, or 0.0.0.0 behind a gateway."
  type        = string
  default     = "127.0.0.1"
}

variable "shared_ports" {
  description = "Ports of this machine's services that neighbours in the network use, e.g. [8000]."
  type        = list(number)
  default     = []
}

variable "has_data_disk" {
  description = "Whether a data disk at LUN 0 holds /var/lib/apus."
  type        = bool
  default     = false
}

locals {
  # The page is asked for by the domain's name; Apus answers to no other but the machine's own.
  names = var.domain == null ? {} : { APUS_ALLOWED_HOSTS = var.domain }
}

output "custom_data" {
  description = "The cloud-init configuration, encoded as Azure wants it."
  value = base64encode(templatefile("${path.module}/cloud-init.yaml.tftpl", {
    package_url    = var.package_url
    package_sha256 = var.package_sha256
    units          = var.units
    settings       = merge(local.names, var.settings)
    domain         = var.domain
    page_address   = var.page_address
    shared_ports   = var.shared_ports
    has_data_disk  = var.has_data_disk
  }))
}
