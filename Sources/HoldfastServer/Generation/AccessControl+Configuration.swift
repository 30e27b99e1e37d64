import AccessControl
import BindingPolicy
import HTTPWire
import HoldfastConfiguration
import ProxyEngine
import TokenValidation

extension AccessControl {
    /// - Parameter pseudonym: what `Via` calls us.
    init(_ configuration: HoldfastConfiguration, policies: [IssuerPolicy], pseudonym: String, metadata: ResourceMetadata?) {
        self.init(
            routes: configuration.routeTable, terms: policies.map { TokenTerms(audiences: $0.audiences, leeway: $0.expiryLeeway) },
            viaPseudonym: pseudonym, hosts: configuration.listener.hosts.isEmpty ? nil : ServedHosts(configuration.listener.hosts),
            document: (metadata?.page).map { DocumentTarget(path: $0.path, query: $0.query) },
            requiresInteractionID: configuration.forward.interactionID == .require)
    }
}
