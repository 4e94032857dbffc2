//! Mounts the page: the whole of it, or the frame, as the document says.

use gloo::utils::document;

fn main() {
    let frame = document()
        .body()
        .and_then(|body| body.get_attribute("data-page"))
        .is_some_and(|page| page == "embed");
    if frame {
        yew::Renderer::<web::app::EmbedApp>::new().render();
    } else {
        yew::Renderer::<web::app::App>::new().render();
    }
}
