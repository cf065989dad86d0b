namespace RLSquared.Language.Environments;

/// <summary>The six kinds of ALFWorld's tasks.</summary>
enum HouseholdKind
{
    Place,
    Light,
    Clean,
    Heat,
    Cool,
    Two,
}

/// <summary>What is to be done: objects put away, or an object looked at under a lamp.</summary>
/// <param name="Kind">Which of the six.</param>
/// <param name="Object">The kind of the object.</param>
/// <param name="Place">The kind of the receptacle, or the lamp.</param>
/// <param name="Wording">Which of two wordings, 0 or 1.</param>
sealed record HouseholdGoal(HouseholdKind Kind, string Object, string Place, int Wording)
{
    /// <summary>ALFRED's name of the kind.</summary>
    public string Name => Kind switch
    {
        HouseholdKind.Place => "pick_and_place_simple",
        HouseholdKind.Light => "look_at_obj_in_light",
        HouseholdKind.Clean => "pick_clean_then_place_in_recep",
        HouseholdKind.Heat => "pick_heat_then_place_in_recep",
        HouseholdKind.Cool => "pick_cool_then_place_in_recep",
        _ => "pick_two_obj_and_place",
    };

    /// <summary>The goal as a sentence.</summary>
    public string Text => (Kind, Wording) switch
    {
        (HouseholdKind.Place, 0) => $"put a {Object} in {Place}.",
        (HouseholdKind.Place, _) => $"put some {Object} on {Place}.",
        (HouseholdKind.Light, 0) => $"look at {Object} under the {Place}.",
        (HouseholdKind.Light, _) => $"examine the {Object} with the {Place}.",
        (HouseholdKind.Two, 0) => $"put two {Object} in {Place}.",
        (HouseholdKind.Two, _) => $"find two {Object} and put them in {Place}.",
        (_, 0) => $"put a {Adjective} {Object} in {Place}.",
        _ => $"{Verb} some {Object} and put it in {Place}.",
    };

    /// <summary>What is done to the object before it is put away; empty for nothing.</summary>
    public string Verb => Kind switch
    {
        HouseholdKind.Clean => "clean",
        HouseholdKind.Heat => "heat",
        HouseholdKind.Cool => "cool",
        _ => "",
    };

    string Adjective => Kind switch { HouseholdKind.Heat => "hot", _ => Verb };
}
