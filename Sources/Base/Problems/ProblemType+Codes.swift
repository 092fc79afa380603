import HTTPMessages

extension ProblemType {
    /// Those that have a member `code`, because a program may do something about them that their status does not tell.
    static let withCodes = [
        ProblemType(
            .unauthorized, titled: "Sign-in required", code: "sign_in_required",
            "Nobody is signed in, or the session or key does not count any more.",
            "Sign in again, or send a key that counts."),
        ProblemType(
            .unauthorized, titled: "Sign-in to be renewed", code: "token_expired",
            "The session's short-lived token has ended, and the session has not.",
            "`POST /api/account/refresh` with the session's cookies, then send the request again."),
        ProblemType(
            .tooManyRequests, titled: "Rate limited", code: "rate_limited",
            "So many requests a minute are more than the workspace, the person or the key may send.",
            "Wait for as many seconds as `Retry-After` says. `GET /api/account/quotas` lists the rates."),
        ProblemType(
            .paymentRequired, titled: "Quota used up", code: "quota_exceeded",
            "What the workspace, the person or the key may use up is used up: 429 where it is a day's, 402 where it is a month's or what is held.",
            "`detail` says when it begins anew. Free what is held, wait, or ask an owner or administrator to raise it."),
        ProblemType(
            .conflict, titled: "An answer is being written", code: "answer_running",
            "The chat changes while an answer is written into it, so this has to wait.",
            "`POST /api/chat/{answerId}/stop`, or wait for its end."),
        ProblemType(
            .tooManyRequests, titled: "Too many answers at once", code: "too_many_answers",
            "As many answers are being written as this process can.",
            "Try again after as many seconds as `Retry-After` says."),
        ProblemType(
            .conflict, titled: "Name taken", code: "name_exists",
            "A document of the file's name is there, and `onExisting` is `ask`.",
            "Choose: `replace`, `keep` or `skip`, and send the file again."),
        ProblemType(
            .conflict, titled: "Another offset", code: "offset_conflict",
            "The upload has more or fewer bytes than `Upload-Offset` says: another request has brought some, or a cut has lost some.",
            "Go on from the answer's `Upload-Offset`."),
        ProblemType(
            .conflict, titled: "Too many unfinished uploads", code: "too_many_uploads",
            "There are as many unfinished uploads as there may be.",
            "Finish some, delete them (`DELETE /api/uploads/{id}`), or wait until they expire."),
        ProblemType(
            .conflict, titled: "Current version", code: "is_current",
            "This version of the document is searched already.",
            "There is nothing to be done."),
        ProblemType(
            .conflict, titled: "Cancelled", code: "cancelled", "The job was cancelled while its files came.",
            "Send the file again, as another batch."),
        ProblemType(
            .notFound, titled: "No such object", code: "not_found",
            "There is no object of OpenAI's API with that id, or nobody of this workspace sees it.",
            "List those that there are."),
        ProblemType(
            .notFound, titled: "No previous response", code: "previous_response_not_found",
            "`previous_response_id` names no response that is stored.", "Send the conversation as `input` instead."),
        ProblemType(
            .badRequest, titled: "Not supported", code: "not_supported",
            "OpenAI's API has this, and it is not supported here.", "`detail` says what to do instead."),
        ProblemType(
            .conflict, titled: "Conversation full", code: "conversation_full",
            "The conversation has as many items as it may have.", "Begin another one."),
        ProblemType(
            .conflict, titled: "Not a question", code: "not_a_question", "Only questions can be edited.",
            "An answer can be made anew: `POST /api/chat/{answerId}/regenerate`."),
        ProblemType(
            .conflict, titled: "No question", code: "no_question",
            "The answer has no question that could be answered again.",
            "Ask the question anew."),
        ProblemType(
            .conflict, titled: "Too many versions", code: "too_many_versions",
            "A question or an answer has as many versions as it may have.", "Ask anew, or branch the chat."),
        ProblemType(
            .conflict, titled: "Chat too large", code: "chat_too_large",
            "The chat has more messages than can have versions.", "Begin a new chat, or branch this one."),
        ProblemType(
            .conflict, titled: "Too many folders", code: "too_many_folders",
            "There are as many folders as there may be.",
            "Take chats out of a folder that is not needed: one without chats is none."),
        ProblemType(
            .conflict, titled: "Too many links", code: "too_many_links", "There are as many links as there may be.",
            "End some that are not needed."),
        ProblemType(
            .conflict, titled: "Nothing to share", code: "nothing_to_share",
            "The chat has no message yet that a link could show.",
            "Ask something first."),
    ]
}
