# Stage 6: all messages are in Cosmos DB. Nothing but the vectors is on the machine, and these can be made again.

locals {
  vm_units = ["apus-vm.socket", "apus-vm.service"]
}
