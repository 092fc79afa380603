import FunctionsRuntime
import History

/// Serves the history app's functions until the host stops the process.
func serve() async {
    await FunctionApp.run("history", maximumBodyBytes: HistoryFunctions.maximumBodyBytes) { environment, log in
        try await HistoryFunctions.make(environment: environment, log: log)
    }
}

await serve()
