@testable import Probe

/// A subject with everything that can be given.
func subject() -> ProbeSubject {
    // {"alg":"ES256"} . {"iss":"x","cnf":{"x5t#S256":"old"}}
    var subject = ProbeSubject(
        authority: "api.example.com", path: "/", token: "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4IiwiY25mIjp7Ing1dCNTMjU2Ijoib2xkIn19.c2lnbmF0dXJl",
        seed: "seed7")
    subject.badTokens = [.init(id: "token_unbound", title: "unbound", token: "aaaa")]
    subject.hasOther = true
    subject.otherThumbprint = "new"
    subject.protectedPath = "/admin/x"
    subject.otherServerName = "other.example.com"
    return subject
}

func answered(_ status: Int, _ body: String = "", isResumed: Bool = false) -> Observation {
    .answered([Answer(status: status, body: body)], isResumed: isResumed)
}
