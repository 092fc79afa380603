import Chat
import FunctionsRuntime

/// Serves the chat app's functions until the host stops the process.
func serve() async {
    await FunctionApp.run("chat") { environment, log in
        try await ChatFunctions.make(environment: environment, log: log)
    }
}

await serve()
