using System.Globalization;
using System.Numerics;

namespace RLSquared.Settings;

/// <summary>
/// Checks for the init accessors of options: each returns the value or says which option is wrong, what it is and what
/// it must be. Not-a-number and infinity pass none of them.
/// </summary>
public static class Require
{
    /// <summary>The value when it is at least <paramref name="least"/>.</summary>
    /// <exception cref="OptionException">It is not: 'arms must be at least 2, but is 1'.</exception>
    public static T AtLeast<T>(string name, T value, T least) where T : INumber<T> =>
        T.IsFinite(value) && value >= least ? value : throw Wrong(name, value, $"at least {Text(least)}");

    /// <summary>The value when it is above <paramref name="bound"/>.</summary>
    /// <exception cref="OptionException">It is not.</exception>
    public static T Above<T>(string name, T value, T bound) where T : INumber<T> =>
        T.IsFinite(value) && value > bound ? value : throw Wrong(name, value, $"above {Text(bound)}");

    /// <summary>The value when it is at most <paramref name="most"/>.</summary>
    /// <exception cref="OptionException">It is not.</exception>
    public static T AtMost<T>(string name, T value, T most) where T : INumber<T> =>
        T.IsFinite(value) && value <= most ? value : throw Wrong(name, value, $"at most {Text(most)}");

    /// <summary>
    /// The value when it is neither below <paramref name="least"/> nor above <paramref name="most"/>.
    /// </summary>
    /// <exception cref="OptionException">It is not.</exception>
    public static T Within<T>(string name, T value, T least, T most) where T : INumber<T> =>
        value >= least && value <= most ? value : throw Wrong(name, value, $"from {Text(least)} to {Text(most)}");

    /// <summary>The value when it is strictly between the bounds.</summary>
    /// <exception cref="OptionException">It is not.</exception>
    public static T Between<T>(string name, T value, T above, T below) where T : INumber<T> =>
        value > above && value < below ? value
            : throw Wrong(name, value, $"above {Text(above)} and below {Text(below)}");

    static OptionException Wrong<T>(string name, T value, string wanted) where T : INumber<T> =>
        new(name, $"{name} must be {wanted}, but is {Text(value)}");

    static string Text<T>(T value) where T : INumber<T> => value.ToString(null, CultureInfo.InvariantCulture);
}
