use std::collections::BTreeSet;

use crate::quantize::recipe::{RECIPES, Recipe};

#[test]
fn recipes_are_found_by_their_names() {
    let names: BTreeSet<&str> = RECIPES.iter().map(|recipe| recipe.name).collect();
    assert_eq!(names.len(), RECIPES.len());
    for recipe in RECIPES {
        assert_eq!(Recipe::named(recipe.name), Some(recipe));
        // The name matches the settings.
        assert_eq!(recipe.is_static(), recipe.name.starts_with("static-"));
        assert_eq!(recipe.weight_limit == 63, recipe.name.ends_with("s7"));
    }
    assert_eq!(Recipe::named("static"), None);
}
