using System.Globalization;
using RLSquared.Tasks;

namespace RLSquared.Datasets;

/// <summary>
/// A set as a table of named columns, one row for each moment: <c>trajectory</c>, whose value changes where the next
/// one begins, or <c>terminal</c>, which is 1 in the last row of each; and columns whose names begin with
/// <c>observation</c>, with <c>action</c> (numbers from −1 to 1) or <c>choice</c> (whole numbers), and perhaps with
/// <c>goal</c>.
/// </summary>
abstract class ColumnDatasetReader : GoalDatasetReader
{
    private protected const string Trajectory = "trajectory", Terminal = "terminal";
    const string ObservationColumn = "observation", ActionColumn = "action", ChoiceColumn = "choice",
        GoalColumn = "goal";

    static readonly string[] columns =
        [Trajectory, Terminal, ObservationColumn, ActionColumn, ChoiceColumn, GoalColumn];

    private protected ColumnDatasetReader(string path) : base(path) { }

    /// <summary>What a column holds.</summary>
    private protected enum Role
    {
        Trajectory,
        Terminal,
        Observation,
        Action,
        Choice,
        Goal,
    }

    /// <summary>What each column holds, in the order of the file.</summary>
    private protected Role[] Roles { get; private set; } = [];

    /// <summary>The column that says where trajectories end.</summary>
    private protected int EndColumn => Array.FindIndex(Roles, role => role is Role.Trajectory or Role.Terminal);

    /// <summary>The names of a set's columns as a writer writes them: trajectory, observations, actions, goals.
    /// </summary>
    internal static IReadOnlyList<string> NamesOf(GoalDataset part) =>
    [
        Trajectory,
        .. Numbered(ObservationColumn, part.Observation.Width),
        .. Numbered(ActionColumn, part.Action.Numbers),
        .. Numbered(ChoiceColumn, part.Action.Choices),
        .. Numbered(GoalColumn, part.HasGoals ? part.GoalWidth : 0),
    ];

    static IEnumerable<string> Numbered(string name, int count) => Enumerable.Range(0, count).Select(
        number => string.Create(CultureInfo.InvariantCulture, $"{name}_{number}"));

    /// <summary>Takes the names of the columns.</summary>
    /// <exception cref="InvalidDataException">One is unknown, or one that is needed is missing.</exception>
    private protected void SetColumns(IReadOnlyList<string> names)
    {
        Roles = [.. names.Select(RoleOf)];
        if (Roles.Count(role => role is Role.Trajectory or Role.Terminal) != 1)
        {
            throw new InvalidDataException(
                $"{Name} must have one column '{Trajectory}', whose value changes with each " +
                $"trajectory, or one '{Terminal}', which is 1 in the last row of each");
        }
        if (!Roles.Contains(Role.Observation))
            throw new InvalidDataException($"{Name} has no column of observations, such as '{ObservationColumn}_0'");
        if (!Roles.Contains(Role.Action) && !Roles.Contains(Role.Choice))
        {
            throw new InvalidDataException(
                $"{Name} has no column of actions, such as '{ActionColumn}_0' or '{ChoiceColumn}_0'");
        }
    }

    /// <summary>What observations and actions are, once the columns and the options of choices are known.</summary>
    private protected void SetSpaces(ObservationSpace? observation, ActionSpace? action, int[] sizes)
    {
        int D = Roles.Count(role => role == Role.Observation), C = Roles.Count(role => role == Role.Action);
        Observation = observation ?? ObservationSpace.Vector(D);
        Action = action ?? ActionSpace.Mixed(sizes, C);
        GoalWidth = Roles.Count(role => role == Role.Goal);
        if (Observation.Width != D)
            throw new InvalidDataException($"{Name} has {D} columns of observations; the task has {Observation.Width}");
        if (Action.Numbers != C || Action.Choices != sizes.Length)
        {
            throw new InvalidDataException($"{Name} has {C} columns of actions and {sizes.Length} of choices; " +
                $"the task has {Action.Numbers} and {Action.Choices}");
        }
    }

    Role RoleOf(string name) => name switch
    {
        Trajectory => Role.Trajectory,
        Terminal => Role.Terminal,
        _ when name.StartsWith(ObservationColumn, StringComparison.Ordinal) => Role.Observation,
        _ when name.StartsWith(ActionColumn, StringComparison.Ordinal) => Role.Action,
        _ when name.StartsWith(ChoiceColumn, StringComparison.Ordinal) => Role.Choice,
        _ when name.StartsWith(GoalColumn, StringComparison.Ordinal) => Role.Goal,
        _ => throw new InvalidDataException($"{Name} has a column '{Shorten(name)}', which is nothing that is known" +
            $"{Suggestions.Ask(name, columns)}; " +
            $"leave it out, or begin its name with {string.Join(", ", columns[2..])}"),
    };

    /// <summary>The beginning of a text for a message, without signs that would disturb it.</summary>
    private protected static string Shorten(ReadOnlySpan<char> text)
    {
        string shown = new([.. text.ToString().Select(sign => char.IsControl(sign) ? '?' : sign)]);
        return shown.Length <= 40 ? shown : shown[..40] + "…";
    }
}
