//! Joining the networks beyond the first, which docker takes only after the create.

use bollard::models::NetworkConnectRequest;

use super::{Docker, Error, body};
use crate::model::container::Network;

impl Docker {
    /// Joins a created container to one more network.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such network.
    pub async fn join(&self, id: &str, network: &Network) -> Result<(), Error> {
        let request = NetworkConnectRequest {
            container: id.to_owned(),
            endpoint_config: Some(body::endpoint(network)),
        };
        self.limited(self.api.connect_network(&network.name, request))
            .await
    }
}
