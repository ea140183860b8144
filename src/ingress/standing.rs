//! How this host's ingress stands, for `status`, `doctor` and a plan.

use super::ground::{self, Ground};
use super::{pause, proxy};
use crate::decide::routes::gate::{asked, hash};
use crate::model::ingress::IngressStanding;
use crate::model::route::Gate;

/// Returns it; None where no gate was ever asked for.
pub async fn standing(ground: &Ground) -> Option<IngressStanding> {
    let wanted: Gate = ground::read(&ground.wanted())?;
    let served: Option<Gate> = ground::read(&ground.served());
    let master = proxy::seen(ground).await;
    let entrances = served.iter().flat_map(|it| &it.entrances);
    Some(IngressStanding {
        wanted: Some(hash(&wanted)),
        running: master.is_some(),
        failed: master.is_some_and(|it| it.failed > 0),
        held: ground::read(&ground.held()).unwrap_or_default(),
        maintenance: pause::paused(ground).into_iter().collect(),
        routes: entrances
            .map(|it| {
                (
                    it.service.clone(),
                    it.routes.iter().flat_map(asked).collect(),
                )
            })
            .collect(),
    })
}
