import AccessControl
import BindingPolicy
import HTTPWire
import HoldfastConfiguration
import ProxyEngine
import TokenValidation

extension AccessControl {
    /// - Parameter pseudonym: what `Via` calls us.
    init(_ configuration: HoldfastConfiguration, pseudonym: String, metadata: ResourceMetadata?) {
        self.init(
            routes: configuration.routeTable, viaPseudonym: pseudonym,
            hosts: configuration.listener.hosts.isEmpty
                ? [] : [ServedHosts(configuration.listener.hosts)] + configuration.listener.identities.map { ServedHosts($0.hosts) },
            document: (metadata?.page).map { DocumentTarget(path: $0.path, query: $0.query) },
            requiresInteractionID: configuration.forward.interactionID == .require)
    }
}
