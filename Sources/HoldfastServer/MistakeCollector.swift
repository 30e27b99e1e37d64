import ClientIdentity
import Credentials
import HoldfastConfiguration

/// Gathers what is wrong with files, so that all of it is told at once.
struct MistakeCollector {
    private var mistakes: [ConfigurationMistake] = []

    var isEmpty: Bool { mistakes.isEmpty }

    mutating func load<Value>(_ file: LocatedPath, _ body: () throws(CredentialFault) -> Value) -> Value? {
        do throws(CredentialFault) {
            return try body()
        } catch {
            add(file, error)
            return nil
        }
    }

    mutating func load(_ pair: HoldfastConfiguration.KeyPair) -> ServerCredentials? {
        do throws(CredentialFault) {
            return try ServerCredentials(certificateFile: pair.certificate.path, keyFile: pair.privateKey.path)
        } catch {
            add(error.file == pair.privateKey.path ? pair.privateKey : pair.certificate, error)
            return nil
        }
    }

    mutating func add(_ file: LocatedPath?, _ fault: CredentialFault) {
        guard let file else {
            mistakes.append(ConfigurationMistake(file: fault.file, position: nil, keyPath: "", message: "This file \(fault.problem)."))
            return
        }
        let subject = fault.file == file.path ? "This file" : "`\(fault.file)`"
        mistakes.append(file.mistake("\(subject) \(fault.problem)."))
    }

    mutating func add(_ file: LocatedPath, _ problem: String) { mistakes.append(file.mistake("This file \(problem).")) }

    mutating func add(_ configuration: HoldfastConfiguration, _ keyPath: String, _ message: String) {
        mistakes.append(ConfigurationMistake(file: configuration.file, position: nil, keyPath: keyPath, message: message))
    }

    func error(_ configuration: HoldfastConfiguration) -> ConfigurationMistakes {
        ConfigurationMistakes(
            isEmpty ? [ConfigurationMistake(file: configuration.file, position: nil, keyPath: "", message: "The configuration cannot be used.")] : mistakes)
    }
}
