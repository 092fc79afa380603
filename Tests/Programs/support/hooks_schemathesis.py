"""What schemathesis does not know by itself."""
import schemathesis

# The bytes of a resumable upload go as any others do.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
