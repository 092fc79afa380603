import ProgramSupport

/// The command line of `apus`; `bench`, `eval` and what uses a running Apus have their own.
func commandLine(_ arguments: [String]) -> ProgramOptions {
    ProgramOptions(
        program: "apus",
        usage:
            "up | samples | ask QUESTION | add FILE… | documents | chat | mcp | inspect FILE | eval … | stage [APP…] | package [APP…|vm] | doctor | reembed | backup FILE | restore FILE | verify [FILE] | migrate … | bench …  [options]",
        summary: """
            Runs Apus on this machine.

            Commands:
              up       Start everything, print the addresses, stop with Ctrl-C.
              samples  Upload the sample documents to the Apus that runs on --port, to have something to ask about.
              ask      Have one question answered by the Apus that runs on --port, or at --url.
              add      Upload files to it; 'apus ask --help' has more of this, and of the next three.
              documents
                       List its documents.
              chat     Ask it one question after the other.
              mcp      Offer its documents to another program's model (Model Context Protocol).
              inspect  Read a file as an upload would, and say what comes of it: pages, encoding, hidden text, how it begins.
              eval     Measure how well questions are answered, or compare two such runs: 'apus eval --help'.
              stage    Put the app folders together that the functions host serves.
              package  Make deployable packages in .build/packages: a zip for each of chat, upload, history and account that
                       needs nothing of the system it runs on, and vm, a Debian package for a virtual machine.
              doctor   Say what is missing on this machine.
              reembed  Embed all passages again with the model of APUS_EMBEDDINGS_MODEL; the old vectors answer meanwhile.
              backup   Write chats, messages, documents and passages into one file; Apus may be in use meanwhile. Into a
                       folder, the file is named by the time.
              restore  Put a backup into an empty place.
              verify   Check a backup, or without one that the stores agree with each other.
              migrate  'status' says which changes of the database were made; 'up' makes those that are missing, 'down --to N'
                       takes back those after N. Handlers make them by themselves.
                       These four use the stores that the settings name (APUS_DATABASE_URL and so on), else those of --data.
              bench    Measure speed and size, by the program apus-bench beside this one: 'apus bench --help'.
            """,
        options: [
            .init("data", "DIR", "Folder of all data (default .apus)."),
            .init("port", "PORT", "Port of the page (default 8080)."),
            .init(
                "base-port", "PORT",
                "First of ten consecutive ports for the other parts, for a second copy beside the first."),
            .init("address", "ADDRESS", "up: IPv4 address of the page (default 127.0.0.1; 0.0.0.0 for all)."),
            .init(
                "well-known-keys", nil,
                "up: Give the emulator's accounts the public keys of every Azure emulator, not the data folder's own."),
            .init("json", nil, "inspect: print one JSON object."),
            .init("keep", "N", "backup: remove all but the newest N backups of the folder."),
            .init("embed-anew", nil, "restore: make the passages again, with the embedding model of the settings."),
            .init("messages-only", nil, "restore: add the messages alone to what is there, e.g. when only they move."),
            .init("to", "VERSION", "migrate: version to reach."),
            .init("output", "DIR", "package: where packages are put (default .build/packages)."),
        ],
        arguments: arguments)
}
