using RLSquared.Datasets;
using RLSquared.Tasks;

namespace RLSquared.Policies;

/// <summary>
/// What networks that learn to reach goals see: states and choices one-hot, numbers as they are or normalised.
/// </summary>
sealed class GoalInput
{
    readonly ObservationSpace observation;
    readonly ActionSpace action;
    readonly GoalScale? states, goals;

    /// <summary>The widths for a set.</summary>
    /// <param name="data">The set.</param>
    /// <param name="normalise">
    /// Whether numbers of observations, and of goals that have numbers of their own, are brought to a mean of 0 and a
    /// deviation of 1 over the set.
    /// </param>
    /// <exception cref="OptionException">
    /// Observations are images or nothing, or an action is neither one choice nor numbers.
    /// </exception>
    public GoalInput(GoalDataset data, bool normalise = false)
    {
        (observation, action) = (data.Observation, data.Action);
        if (observation.Kind is not (ObservationKind.Discrete or ObservationKind.Vector))
        {
            throw new OptionException("task",
                $"{data.Name}: goals are learned of states or vectors of numbers, not of {observation.Kind}");
        }
        if (!action.IsDiscrete && (action.Choices > 0 || action.Numbers == 0))
        {
            throw new OptionException("task",
                $"{data.Name}: goals are learned with one choice or with numbers, but an action is {action}");
        }
        StateWidth = observation.Size;
        GoalWidth = data.HasGoals ? data.GoalWidth : StateWidth;
        ActionWidth = action.Size + action.Numbers;
        if (!normalise)
            return;
        states = observation.Kind == ObservationKind.Vector ? data.ObservationScale : null;
        goals = data.HasGoals ? data.GoalScale : null;
    }

    /// <summary>Numbers of a state, D.</summary>
    public int StateWidth { get; }

    /// <summary>Numbers of a goal as policies see it, G.</summary>
    public int GoalWidth { get; }

    /// <summary>Numbers of an action, A + C.</summary>
    public int ActionWidth { get; }

    /// <summary>What an action is.</summary>
    public ActionSpace Action => action;

    /// <summary>Writes what networks see of a state.</summary>
    /// <param name="state">As the task shows it, [width].</param>
    /// <param name="to">Receives [D].</param>
    public void WriteState(ReadOnlySpan<float> state, Span<float> to)
    {
        if (observation.Kind == ObservationKind.Vector)
        {
            if (states is null)
                state.CopyTo(to);
            else
                states.Write(state, to);
            return;
        }
        to.Clear();
        to[(int)state[0]] = 1;
    }

    /// <summary>Writes what networks see of a goal that has numbers of its own.</summary>
    /// <param name="goal">Its representation, [G].</param>
    /// <param name="to">Receives [G].</param>
    public void WriteGoal(ReadOnlySpan<float> goal, Span<float> to)
    {
        if (goals is null)
            goal.CopyTo(to);
        else
            goals.Write(goal, to);
    }

    /// <summary>Writes what networks see of an action.</summary>
    /// <param name="taken">The action.</param>
    /// <param name="to">Receives [A + C].</param>
    public void WriteAction(ReadOnlyActionSpan taken, Span<float> to)
    {
        // A density of numbers at the very edge is of little use to policies that squash; the original clips so too.
        const float most = 1 - 1e-5f;
        to.Clear();
        if (action.IsDiscrete)
            to[taken.Choices[0]] = 1;
        for (int c = 0; c < action.Numbers; c++)
            to[c] = Math.Clamp(taken.Numbers[c], -most, most);
    }
}
