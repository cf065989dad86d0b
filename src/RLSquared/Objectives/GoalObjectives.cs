using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Objectives;

/// <summary>
/// What the losses of goal-conditioned learning are made of. All take columns [B, 1] and give columns: the caller takes
/// the mean.
/// </summary>
static class GoalObjectives
{
    /// <summary>
    /// −y ln σ(x) − (1 − y) ln(1 − σ(x)) = softplus(x) − y x, the cross entropy of a target y from 0 to 1 and a logit
    /// x. Its slope is σ(x) − y. Finite for every finite logit.
    /// </summary>
    /// <param name="logits">x, [B, 1].</param>
    /// <param name="targets">y, [B, 1].</param>
    public static Tensor CrossEntropy(Tensor logits, Tensor targets) => logits.Softplus() - targets * logits;

    /// <summary>
    /// The cross entropy of all members of a critic, the sum of their means; notes <c>critic_loss</c> of each, and the
    /// first one's <c>value</c>.
    /// </summary>
    /// <param name="batch">Whose rows are weighed alike.</param>
    /// <param name="critics">What learns.</param>
    /// <param name="question">What they are asked, [B, Q].</param>
    /// <param name="targets">y, [B, 1].</param>
    public static Tensor Fit(GoalBatch batch, GoalCritics critics, Tensor question, Tensor targets)
    {
        Tensor loss = batch.Tape.Constant(batch.Tape.Arena.Zeros(new Shape(1)));
        for (int e = 0; e < critics.Count; e++)
        {
            Tensor logits = critics.Logits(e, question);
            loss += batch.Note("critic_loss", batch.Mean(CrossEntropy(logits, targets)));
            if (e == 0)
                batch.Note("value", batch.Mean(logits.Detach().Sigmoid()));
        }
        return loss;
    }

    /// <summary>
    /// The weight of an expectile: κ where the target is at least what is predicted, else 1 − κ. With κ above ½ a
    /// prediction is drawn upwards more than downwards, and so towards the best of its targets; ½ gives the mean. No
    /// gradient.
    /// </summary>
    /// <param name="predictions">[B, 1].</param>
    /// <param name="targets">[B, 1].</param>
    /// <param name="expectile">κ, from 0 to 1.</param>
    public static Tensor ExpectileWeight(Tensor predictions, Tensor targets, float expectile) =>
        Arithmetic.IsAtMost(predictions.Detach(), targets.Detach()) * (2 * expectile - 1) + (1 - expectile);

    /// <summary>The squared error with the weight of an expectile: |κ − 1(u &lt; 0)| u² for u = target − prediction.
    /// </summary>
    /// <param name="predictions">[B, 1].</param>
    /// <param name="targets">[B, 1].</param>
    /// <param name="expectile">κ, from 0 to 1.</param>
    public static Tensor ExpectileLoss(Tensor predictions, Tensor targets, float expectile) =>
        ExpectileWeight(predictions, targets, expectile) * (targets - predictions).Square();
}
