namespace RLSquared.Language.Templates;

/// <summary>The arguments of a call, not yet evaluated.</summary>
sealed class CallArguments
{
    public List<Expression> Places { get; } = [];

    public List<(string Name, Expression Value)> Named { get; } = [];

    public JinjaArguments In(JinjaScope scope)
    {
        scope.Run.Step();
        return new JinjaArguments(
            Places.ConvertAll(one => one(scope)), Named.ConvertAll(one => (one.Name, one.Value(scope))));
    }
}

/// <summary>The arguments of a call.</summary>
sealed record JinjaArguments(List<object?> Places, List<(string Name, object? Value)> Named)
{
    /// <summary>An argument by its place, or else by its name.</summary>
    public bool Find(int place, string name, out object? value)
    {
        bool isPlaced = place < Places.Count;
        value = isPlaced ? Places[place] : Named.Find(one => one.Name == name).Value;
        return isPlaced || Named.Exists(one => one.Name == name);
    }

    /// <summary>An argument, or what it is when it is not given.</summary>
    public object? Get(int place, string name, object? otherwise = null) =>
        Find(place, name, out object? value) ? value : otherwise;
}
