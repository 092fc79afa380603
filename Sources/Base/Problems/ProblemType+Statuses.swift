import HTTPMessages

extension ProblemType {
    /// Those of which the status says enough for a program.
    static let byStatusAlone = [
        ProblemType(
            .badRequest, "The request could not be read, or something in it is not what it has to be.",
            "Look at `errors`: each entry names a field or parameter, its limit and what to send instead. Do not repeat the request as it is."
        ),
        ProblemType(
            .unauthorized, "Nobody is signed in, or what was sent to prove it does not count.",
            "Send a key as `Authorization: Bearer apus_…`, or sign in."),
        ProblemType(
            .paymentRequired, "A quota that waiting does not refill is used up.",
            "Free what is held, or ask an owner or administrator to raise the quota."),
        ProblemType(
            .forbidden, "You are known, and may not do this here.",
            "`detail` names the role or scope that is missing, or the header by which another web site's page was recognised. An owner of the workspace gives roles; a key's scopes are chosen when it is made."
        ),
        ProblemType(
            .notFound,
            "There is nothing at this address, or nothing that you may see. Both are answered alike, so that nobody learns what others have.",
            "Check the id and the workspace (`x-apus-workspace`). What was deleted does not come back under its id."),
        ProblemType(
            .methodNotAllowed, "The address exists, and does not know the method.",
            "The field `Allow` lists the methods that it knows, and so does the description of the API."),
        ProblemType(
            .notAcceptable, "There is no answer in a form that `Accept` allows.",
            "Send `Accept: application/json`, or leave the field out."),
        ProblemType(
            .requestTimeout, "The request's body did not come in time.",
            "Send it again, over a faster connection or in smaller parts."),
        ProblemType(
            .conflict, "What is there does not allow it at the moment.",
            "`detail` says what stands in the way. Read the current state, and decide again."),
        ProblemType(
            .gone, "An upload has expired, and what came of it has been removed.",
            "Begin another one: `POST /api/uploads`."),
        ProblemType(
            .preconditionFailed, "What `If-Match` or a like field asks for is not so any more.",
            "Read the current state, and send the request for that."),
        ProblemType(
            .contentTooLarge, "The body, or a file in it, is larger than this route takes.",
            "`detail` names the limit. Send less, or several requests."),
        ProblemType(
            HTTPStatus(rawValue: 414), "The address is longer than a server takes.",
            "Put what is long into the body."),
        ProblemType(
            .unsupportedMediaType,
            "The content is of a kind that cannot be read, whatever its name says, or the request does not say what it sends.",
            "`detail` lists the kinds that can be read. Convert the file, or send the field `Content-Type`."),
        ProblemType(
            .rangeNotSatisfiable, "The part that was asked for lies outside of what there is.",
            "Ask for the whole, and look at its length."),
        ProblemType(
            .unprocessableContent, "The request is understood, and what it is about cannot be worked on.",
            "`detail` says why. The same request will be answered in the same way."),
        ProblemType(
            .locked, "Somebody else is at it at the moment.", "Read the current state in a moment, and decide again."),
        ProblemType(
            .checksumMismatch,
            "The bytes that came are not those of which `Upload-Checksum` was made; they were not kept.",
            "Send them again."),
        ProblemType(
            .tooManyRequests, "More requests than somebody may send in the time.",
            "Wait for as many seconds as the field `Retry-After` says, and send the request again."),
        ProblemType(
            HTTPStatus(rawValue: 431), "The header fields are larger than a server takes.",
            "Send fewer or shorter fields; cookies are the usual cause."),
        ProblemType(
            .internalServerError, "Something went wrong on our side.",
            "The request can be repeated once. If it fails again, tell the operator the `requestId`: the log has the cause under it."
        ),
        ProblemType(
            .notImplemented, "The protocol knows what was asked for, and this server does not do it.",
            "Ask in another way; the description of the API has what there is."),
        ProblemType(
            .badGateway, "A service that is needed, such as a language model, refused what it was asked.",
            "`detail` names the service. Where it is a key or a name of a model, the operator can mend it; otherwise ask in another way."
        ),
        ProblemType(
            .serviceUnavailable, "A part that is needed cannot be reached at the moment, or is too busy.",
            "Wait for as many seconds as `Retry-After` says, or a few, and send the request again."),
        ProblemType(
            .gatewayTimeout, "A part that is needed did not answer in time.",
            "Send the request again in a moment; what it had begun may have been done, so look first where that matters."
        ),
        ProblemType(
            .insufficientStorage, "There is no room left to store this.",
            "Tell the operator; nothing of the request was kept."),
    ]
}
