import FunctionsCoding
import FunctionsRuntime

struct Note: Codable {
    let title: String
    let pages: Int
}

await FunctionApp.run("notes") { environment, log in
    var routes = FunctionRoutes()

    routes.http(.get, "hello/{name}") { request in
        HTTPResponse(.ok, text: "Hello, \(request.parameters["name"] ?? "world")!\n")
    }

    routes.http(.get, "count") { request in
        EventStream.response { events in
            for number in 1...3 {
                try await events.send("number", ["value": .int(Int64(number))])
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    routes.http(.post, "add") { request in
        let note = try JSONParser.parse(try await request.body.collect(limit: 64 * 1024))
        try FunctionContext.current?.setOutput("notes", .json(note))
        FunctionContext.current?.log("a note is on its way")
        return HTTPResponse(.accepted, text: "thank you\n")
    }

    routes.queue("file") { message in
        let note: Note = try message.input.decoded()
        let line = "\(note.title), \(note.pages) pages, delivery \(message.dequeueCount)"
        try FunctionContext.current?.setOutput("page", .text(line))
        FunctionContext.current?.log("filed \(note.title)")
    }

    routes.blob("keep") { blob in
        let name = FunctionContext.current?.metadataText("name") ?? ""
        FunctionContext.current?.log("\(name) has \(blob.content.count) bytes")
    }

    routes.timer("tick") { timer in
        FunctionContext.current?.log(timer.isPastDue ? "late" : "on time")
    }

    return routes
}
