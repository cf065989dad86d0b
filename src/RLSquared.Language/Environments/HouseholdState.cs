namespace RLSquared.Language.Environments;

/// <summary>A receptacle of a level.</summary>
/// <param name="Kind">Its kind and what belongs there.</param>
/// <param name="Name">Its name, such as <c>cabinet 2</c>.</param>
sealed record HouseholdPlace(HouseholdWorld.Receptacle Kind, string Name);

/// <summary>
/// Where everything is, and what was done to it. Places and objects have numbers; the agent is at a place or, at first,
/// at none.
/// </summary>
sealed class HouseholdState
{
    /// <summary>Where an object in the hand is, and where the agent is at first.</summary>
    public const int Nowhere = -1;

    public required HouseholdGoal Goal { get; init; }

    public required HouseholdPlace[] Places { get; init; }

    /// <summary>The kinds of the objects, and their names, such as <c>apple 1</c>.</summary>
    public required (string Kind, string Name)[] Objects { get; init; }

    /// <summary>The lamp's kind, empty where there is none, and its place.</summary>
    public required (string Kind, int Place) Lamp { get; init; }

    /// <summary>The place of each object; <see cref="Nowhere"/> in the hand.</summary>
    public required int[] At { get; init; }

    public required bool[] IsOpen { get; init; }

    public required bool[] IsClean { get; init; }

    public required bool[] IsHot { get; init; }

    public required bool[] IsCool { get; init; }

    /// <summary>Places whose content was shown.</summary>
    public required bool[] IsKnown { get; init; }

    public bool LampIsOn { get; set; }

    public int Agent { get; set; } = Nowhere;

    /// <summary>The object in the hand, or <see cref="Nowhere"/>.</summary>
    public int Held => Array.IndexOf(At, Nowhere);

    public HouseholdState Clone() => new()
    {
        Goal = Goal,
        Places = Places,
        Objects = Objects,
        Lamp = Lamp,
        At = [.. At],
        IsOpen = [.. IsOpen],
        IsClean = [.. IsClean],
        IsHot = [.. IsHot],
        IsCool = [.. IsCool],
        IsKnown = [.. IsKnown],
        LampIsOn = LampIsOn,
        Agent = Agent,
    };

    /// <summary>Whether a place can be reached into.</summary>
    public bool IsAccessible(int place) => !Places[place].Kind.Opens || IsOpen[place];

    /// <summary>Whether objects of this kind belong into a place.</summary>
    public bool Takes(int place, string kind) => Places[place].Kind.Objects.Contains(kind);

    /// <summary>Whether what is done to objects before they are put away was done to this one.</summary>
    public bool IsPrepared(int thing) => Goal.Kind switch
    {
        HouseholdKind.Clean => IsClean[thing],
        HouseholdKind.Heat => IsHot[thing],
        HouseholdKind.Cool => IsCool[thing],
        _ => true,
    };

    /// <summary>The place where that is done, or <see cref="Nowhere"/>.</summary>
    public int Appliance => Goal.Kind switch
    {
        HouseholdKind.Clean => PlaceOf("sinkbasin"),
        HouseholdKind.Heat => PlaceOf("microwave"),
        HouseholdKind.Cool => PlaceOf("fridge"),
        _ => Nowhere,
    };

    int PlaceOf(string kind) => Array.FindIndex(Places, place => place.Kind.Name == kind);

    /// <summary>The objects of the goal's kind.</summary>
    public IEnumerable<int> Wanted =>
        Enumerable.Range(0, Objects.Length).Where(thing => Objects[thing].Kind == Goal.Object);

    /// <summary>The places of the goal's kind.</summary>
    public IEnumerable<int> Targets =>
        Enumerable.Range(0, Places.Length).Where(place => Places[place].Kind.Name == Goal.Place);

    /// <summary>
    /// Whether the goal is reached: an object, prepared, in a place of the kind; two of them in one place; or the lamp
    /// on where the agent is, with the object in its hand.
    /// </summary>
    public bool IsSolved => Goal.Kind == HouseholdKind.Light
        ? LampIsOn && Agent == Lamp.Place && Held >= 0 && Objects[Held].Kind == Goal.Object
        : Targets.Any(place => Wanted.Count(thing => At[thing] == place && IsPrepared(thing))
            >= (Goal.Kind == HouseholdKind.Two ? 2 : 1));
}
