using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Objectives;

/// <summary>Ways to make a policy of values of goals that all stay near the recorded actions. The values are held still
/// by the caller (<see cref="GoalCritics.Hold"/>).</summary>
static class GoalExtraction
{
    /// <summary>
    /// −mean Q(s, μ, g) / mean |Q| − α mean log π(a | s, g): the mean action of a normal policy climbs the value. For
    /// choices: −mean Σ_a π(a | s, g) Q(s, a, g) − α mean log π(a | s, g).
    /// </summary>
    /// <param name="batch">Whose share of the means is taken.</param>
    /// <param name="actor">The policy.</param>
    /// <param name="state">[B, D].</param>
    /// <param name="goal">[B, G].</param>
    /// <param name="action">What was recorded, [B, A].</param>
    /// <param name="behaviour">α.</param>
    /// <param name="value">Q of states, goals and actions side by side, [B, 1].</param>
    public static Tensor Climb(GoalBatch batch, GoalActor actor, Tensor state, Tensor goal, Tensor action,
        float behaviour, Func<Tensor, Tensor> value)
    {
        Tensor output = actor.Forward(state, goal);
        Tensor near = batch.Note("log_probability", batch.Mean(actor.LogProbability(output, action)));
        if (batch.Input.Action.IsDiscrete)
            return -batch.Mean(Expected(batch, output, state, goal, value)) - near * behaviour;
        Tensor values = value(Tensor.Concatenate(state, goal, output.Clamp(-1, 1)));
        Tensor flat = values.Detach();
        float scale = 1 / ((flat.Relu() + (-flat).Relu()).Mean().Read() + 1e-6f);
        return batch.Mean(values) * -scale - near * behaviour;
    }

    /// <summary>
    /// −mean min(e^(α A), 100) log π(a | s, g): what was recorded, and more so where it was better than usual
    /// (advantage-weighted regression, Peng et al. 2019).
    /// </summary>
    /// <param name="batch">Whose share of the mean is taken.</param>
    /// <param name="actor">The policy.</param>
    /// <param name="state">[B, D].</param>
    /// <param name="goal">[B, G].</param>
    /// <param name="action">What was recorded, [B, A].</param>
    /// <param name="advantage">A, [B, 1].</param>
    /// <param name="temperature">α: 0 copies all alike, high only the best.</param>
    public static Tensor Weigh(GoalBatch batch, GoalActor actor, Tensor state, Tensor goal, Tensor action,
        Tensor advantage, float temperature)
    {
        Tensor logProbability = actor.LogProbability(actor.Forward(state, goal), action);
        batch.Note("log_probability", batch.Mean(logProbability));
        return -batch.Mean(Weight(advantage, temperature) * logProbability);
    }

    /// <summary>min(e^(α A), 100), [B, 1]; no gradient.</summary>
    /// <param name="advantage">A, [B, 1].</param>
    /// <param name="temperature">α.</param>
    public static Tensor Weight(Tensor advantage, float temperature)
    {
        const float most = 100;
        return (advantage.Detach() * temperature).Clamp(-most, MathF.Log(most)).Exp();
    }

    /// <summary>
    /// The question of critics that see goals as whole observations, from that of a policy that sees their
    /// representations: the same actions, [B, 2 D + A].
    /// </summary>
    /// <param name="question">States, representations and actions side by side.</param>
    /// <param name="state">[B, D].</param>
    /// <param name="goal">The goals as observations, [B, D].</param>
    /// <param name="actions">A.</param>
    public static Tensor AskOf(Tensor question, Tensor state, Tensor goal, int actions) => Tensor.Concatenate(
        state, goal, question.SliceColumns(question.Shape.Columns - actions, actions));

    /// <summary>Σ_a π(a | s, g) Q(s, a, g) of a choice, one column of Q after the other, [B, 1].</summary>
    /// <param name="batch">Where choices are made.</param>
    /// <param name="logits">Those of π, [B, A].</param>
    /// <param name="state">[B, D].</param>
    /// <param name="goal">[B, G].</param>
    /// <param name="value">Q of states, goals and actions side by side, [B, 1].</param>
    public static Tensor Expected(
        GoalBatch batch, Tensor logits, Tensor state, Tensor goal, Func<Tensor, Tensor> value)
    {
        Tensor values = default;
        for (int a = 0; a < batch.Input.ActionWidth; a++)
        {
            Tensor choice = batch.Choice(a);
            Tensor column = choice * value(Tensor.Concatenate(state, goal, choice));
            values = a == 0 ? column : values + column;
        }
        return (logits.Softmax() * values).SumOfColumns();
    }
}
