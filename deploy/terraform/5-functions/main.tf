# Stage 5: the handlers are function apps, which cost nothing while nobody asks and grow by themselves when many do.
# Messages are still on the machine; stage 6 moves them.

locals {
  vm_units        = ["apus-vm.socket", "apus-vm.service", "apus-messages.service"]
  vm_shared_ports = [8000, 8081]
  message_settings = {
    APUS_COSMOS_ENDPOINT = "http://${module.vm.private_address}:8081"
    # The emulator's well-known key: it opens nothing that the network's rules do not open already.
    APUS_COSMOS_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
  }
}
