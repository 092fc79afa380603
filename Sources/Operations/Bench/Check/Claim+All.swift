extension Claim {
    private static func claims(
        _ page: String, _ benchmark: Benchmark, _ figures: [(figure: String, value: Double, words: String)]
    ) -> [Claim] {
        figures.map {
            Claim(benchmark: benchmark, figure: $0.figure, value: $0.value, page: page, words: $0.words)
        }
    }

    /// Every figure of the documentation that a run repeats in minutes. A test compares the words with the pages.
    public static let all: [Claim] =
        claims(
            "README.md", .product,
            [
                ("handler: spawn to first answer", 9, "answers 9 ms after its start"),
                ("handler: resident idle (largest)", 23, "idles at 23 MB"),
                ("all programs, idle, model loaded", 180, "takes 180 MB"),
                ("second start to page usable", 200, "again in 0.2 s"),
            ])
        + claims(
            "README.md", .functions,
            [
                ("three apps: start to served", 31, "within 31 ms"),
                ("proxying, 64 connections", 26_000, "26,000 requests/s"),
                ("proxying: added, p50", 0.09, "with 0.09 ms added"),
            ])
        + claims(
            "README.md", .vectors,
            [
                ("ingest 100,000, batches of 500", 10_955, "| 10955 /s |"),
                ("query, one client, p50", 0.88, "| 0.88 ms |"), ("queries, 64 clients", 2638, "| 2638 /s |"),
                ("filtered query, 1 %, p50", 0.74, "| 0.74 ms |"), ("single add, p50", 0.85, "| 0.85 ms |"),
                ("start to first answered query at 100,000", 71, "| 71.0 ms |"),
            ])
        + claims(
            "README.md", .azure,
            [
                ("emulator idle", 24, "one program of 24 MB"), ("emulator start", 40, "starts in 40 ms"),
                ("blob put 1 KB, 16 clients", 6100, "6,100 durable 1 KB blobs"),
                ("queue put, get, delete, 16 clients", 2700, "2,700 queue cycles"),
                ("item create, 16 clients", 7100, "7,100 new items"),
            ])
        + claims(
            "docs/parts/vectors.md", .vectors,
            [
                ("ingest 20,000, batches of 500", 34_179, "34179 /s"),
                ("ingest 20,000 with 24-word documents", 30_811, "30811 /s"),
                ("query, one client, p99", 2.88, "2.88 ms"), ("queries, 8 clients", 2415, "2415 /s"),
                ("filtered query, 10 %, p50", 3.44, "3.44 ms"), ("single add, p99", 6.01, "6.01 ms"),
                ("resident memory at 100,000", 242, "242 MB"), ("recall@10, all", 1, "recall@10, all"),
                ("recall@10, 1 %", 1, "recall@10, 1 %"), ("recall@10, 10 %", 1, "recall@10, 10 %"),
            ])
        + claims(
            "docs/parts/functions.md", .functions,
            [
                ("forwarding: added, p50", 0.11, "0.11 ms"), ("envelope: added, p50", 0.15, "0.15 ms"),
                ("proxying, 256 connections", 26_461, "26461 /s"), ("envelope, 64 connections", 15_468, "15468 /s"),
                ("envelope, 256 connections", 13_864, "13864 /s"), ("first event of a stream, p50", 0.04, "0.04 ms"),
                ("2,000 streams of 5 events/s, p95", 3.03, "3.03 ms"), ("memory with 2,000 streams", 51.9, "51.9 MB"),
            ])
        + claims(
            "docs/parts/azure-emulator.md", .azure,
            [
                ("blob get 1 KB, 16 clients", 12_147, "12147 /s"), ("blob put 100 MB", 415, "415 MB/s"),
                ("blob get 100 MB", 2354, "2354 MB/s"), ("list of 5,000 blobs", 47.4, "47.4 ms"),
                ("item point read, 16 clients", 23_273, "23273 /s"),
                ("query of a chat's 50 messages, p50", 0.89, "0.89 ms"),
                ("emulator after 100 MB", 36.3, "36.3 MB"), ("client, 1 GB up and down", 27.3, "27.3 MB"),
            ])
        + claims(
            "docs/models.md", .models,
            [
                ("200 streams: added to a token, p50", 0.14, "0.14 ms"),
                ("200 streams: added to a token, p99", 1.86, "1.86 ms"),
                ("2,000 streams: tokens passed on", 10_000, "10,000 /s"),
                ("2,000 streams: memory of the chat process", 194, "194 MB"),
                ("2,000 answers at the process's end: last request to the model ends", 760, "0.76 s"),
                ("fail-over: added by a model that answers 503", 0.45, "0.45 ms"),
            ])
}
