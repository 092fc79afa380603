# Stage 5: the handlers are function apps, which cost nothing while nobody asks and grow by themselves when many do.

locals {
  # The emulator of stages 1 and 2 goes on for the machine itself, until its messages are in Cosmos DB.
  vm_units = ["apus-vm.socket", "apus-vm.service", "apus-messages.service"]
}
