namespace RLSquared.Language.Templates;

/// <summary>Makes closures of expressions, by recursive descent with Jinja's precedences.</summary>
/// <param name="tokens">The template's tokens, the last of which is the end.</param>
abstract class JinjaExpressions(List<JinjaToken> tokens)
{
    const int DeepestNesting = 100;

    static readonly string[][] levels = [["+", "-"], ["~"], ["*", "/", "//", "%"], ["**"]];

    protected int at, depth;

    protected JinjaToken Now => tokens[at];

    protected JinjaToken Next => tokens[Math.Min(at + 1, tokens.Count - 1)];

    // ---- expressions, the loosest first
    // -------------------------------------------------------------------------------

    protected Expression Tuple()
    {
        Expression first = Any();
        if (!IsOperator(","))
            return first;
        List<Expression> parts = [first];
        while (IsOperator(","))
        {
            at++;
            if (Now.Kind == TokenKind.Close)
                break;
            parts.Add(Any());
        }
        return scope => parts.ConvertAll(part => part(scope));
    }

    protected Expression Any()
    {
        Deeper();
        Expression value = Or();
        while (IsWord("if"))
        {
            at++;
            Expression then = value, condition = Or();
            Expression otherwise = static _ => new Undefined("the else of an if");
            if (IsWord("else"))
            {
                at++;
                otherwise = Any();
            }
            value = scope => JinjaValue.IsTrue(condition(scope)) ? then(scope) : otherwise(scope);
        }
        depth--;
        return value;
    }

    protected Expression Or()
    {
        Expression left = And();
        while (IsWord("or"))
        {
            at++;
            Expression first = left, second = And();
            left = scope => first(scope) is var value && JinjaValue.IsTrue(value) ? value : second(scope);
        }
        return left;
    }

    Expression And()
    {
        Expression left = Not();
        while (IsWord("and"))
        {
            at++;
            Expression first = left, second = Not();
            left = scope => first(scope) is var value && !JinjaValue.IsTrue(value) ? value : second(scope);
        }
        return left;
    }

    Expression Not()
    {
        if (!IsWord("not"))
            return Comparison();
        Deeper();
        at++;
        Expression value = Not();
        depth--;
        return scope => !JinjaValue.IsTrue(value(scope));
    }

    Expression Comparison()
    {
        Expression left = Binary(0);
        List<(string Sort, Expression Right)>? pairs = null;
        while (true)
        {
            string sort = Now.Text;
            bool isNotIn = IsWord("not") && Next is { Kind: TokenKind.Name, Text: "in" };
            if (!isNotIn && !IsWord("in")
                && !(Now.Kind == TokenKind.Operator && sort is "==" or "!=" or "<" or ">" or "<=" or ">="))
                break;
            at += isNotIn ? 2 : 1;
            (pairs ??= []).Add((isNotIn ? "not in" : sort, Binary(0)));
        }
        if (pairs is null)
            return left;
        int line = Now.Line;
        return scope =>
        {
            object? before = left(scope);
            foreach ((string sort, Expression right) in pairs)
            {
                object? next = right(scope);
                if (!JinjaValue.Compare(sort, before, next, line))
                    return false;
                before = next;
            }
            return true;
        };
    }

    Expression Binary(int level)
    {
        if (level == levels.Length)
            return Unary(withFilters: true);
        Expression left = Binary(level + 1);
        while (Now.Kind == TokenKind.Operator && levels[level].Contains(Now.Text))
        {
            (string sort, int line) = (Now.Text, Now.Line);
            at++;
            Expression first = left, second = Binary(level + 1);
            left = scope => JinjaValue.Operate(scope.Run, sort, first(scope), second(scope), line);
        }
        return left;
    }

    Expression Unary(bool withFilters)
    {
        Deeper();
        Expression value;
        if (IsOperator("-") || IsOperator("+"))
        {
            (bool isMinus, int line) = (Now.Text == "-", Now.Line);
            at++;
            Expression number = Unary(withFilters: false);
            value = scope => JinjaValue.Signed(number(scope), isMinus, line);
        }
        else
        {
            value = Primary();
        }
        value = Postfix(value);
        if (withFilters)
            value = Filters(value);
        depth--;
        return value;
    }

    Expression Primary()
    {
        JinjaToken token = Now;
        at++;
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => static _ => true,
                    "false" or "False" => static _ => false,
                    "none" or "None" => static _ => null,
                    _ => scope => scope.Get(token.Text),
                };
            case TokenKind.Number:
                return _ => token.Value;
            case TokenKind.String:
                string text = token.Text;
                while (Now.Kind == TokenKind.String)               // neighbours are one text
                    text += tokens[at++].Text;
                return _ => text;
            case TokenKind.Operator when token.Text == "(":
                if (IsOperator(")"))
                {
                    at++;
                    return static _ => new List<object?>();
                }
                Expression inner = TupleUntil(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                List<Expression> items = List("]");
                return scope => items.ConvertAll(item => item(scope));
            case TokenKind.Operator when token.Text == "{":
                return Mapping();
            default:
                at--;
                throw Wrong("is where a value should be");
        }
    }

    Expression TupleUntil(string close)
    {
        Expression first = Any();
        if (IsOperator(close))
        {
            at++;
            return first;
        }
        TakeOperator(",");
        List<Expression> rest = List(close);
        rest.Insert(0, first);
        return scope => rest.ConvertAll(item => item(scope));
    }

    List<Expression> List(string close)
    {
        List<Expression> items = [];
        while (!IsOperator(close))
        {
            items.Add(Any());
            if (!IsOperator(close))
                TakeOperator(",");
        }
        at++;
        return items;
    }

    Expression Mapping()
    {
        List<(Expression Key, Expression Value)> members = [];
        while (!IsOperator("}"))
        {
            Expression key = Any();
            TakeOperator(":");
            members.Add((key, Any()));
            if (!IsOperator("}"))
                TakeOperator(",");
        }
        at++;
        return scope =>
        {
            var mapping = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
            foreach ((Expression key, Expression value) in members)
                mapping[JinjaValue.Text(key(scope))] = value(scope);
            return mapping;
        };
    }

    Expression Postfix(Expression value)
    {
        while (Now.Kind == TokenKind.Operator && Now.Text is "." or "[" or "(")
        {
            (string sort, int line) = (Now.Text, Now.Line);
            Expression target = value;
            at++;
            if (sort == "[")
            {
                value = Subscript(target, line);
            }
            else if (sort == "(")
            {
                CallArguments arguments = Arguments();
                value = scope => JinjaLibrary.Call(scope, target(scope), arguments.In(scope), line);
            }
            else
            {
                JinjaToken token = Now;
                at++;
                if (token.Kind is not (TokenKind.Name or TokenKind.Number))
                    throw Wrong("is where the name of an attribute should be");
                if (IsOperator("("))
                {
                    at++;
                    CallArguments arguments = Arguments();
                    value = scope => JinjaLibrary.CallMethod(
                        scope, target(scope), token.Text, arguments.In(scope), line);
                }
                else
                {
                    object key = token.Kind == TokenKind.Number ? token.Value! : token.Text;
                    value = scope => JinjaValue.Member(target(scope), key, line);
                }
            }
        }
        return value;
    }

    Expression Subscript(Expression target, int line)
    {
        Expression? start = null, stop = null, step = null;
        if (!IsOperator(":"))
        {
            start = Any();
            if (IsOperator("]"))
            {
                at++;
                return scope => JinjaValue.Member(target(scope), start(scope), line);
            }
        }
        TakeOperator(":");
        if (!IsOperator(":") && !IsOperator("]"))
            stop = Any();
        if (IsOperator(":"))
        {
            at++;
            if (!IsOperator("]"))
                step = Any();
        }
        TakeOperator("]");
        return scope => JinjaValue.Slice(
            target(scope), start?.Invoke(scope), stop?.Invoke(scope), step?.Invoke(scope), line);
    }

    CallArguments Arguments()
    {
        var arguments = new CallArguments();
        while (!IsOperator(")"))
        {
            if (Now.Kind == TokenKind.Name && Next is { Kind: TokenKind.Operator, Text: "=" })
            {
                string name = Now.Text;
                at += 2;
                arguments.Named.Add((name, Any()));
            }
            else
            {
                arguments.Places.Add(Any());
            }
            if (!IsOperator(")"))
                TakeOperator(",");
        }
        at++;
        return arguments;
    }

    Expression Filters(Expression value)
    {
        while (true)
        {
            (Expression target, int line) = (value, Now.Line);
            if (IsOperator("|"))
            {
                at++;
                string name = Take(TokenKind.Name, "the name of a filter").Text;
                CallArguments arguments = new();
                if (IsOperator("("))
                {
                    at++;
                    arguments = Arguments();
                }
                JinjaLibrary.RequireFilter(name, line);
                value = scope => JinjaLibrary.Filter(scope, name, target(scope), arguments.In(scope), line);
            }
            else if (IsWord("is"))
            {
                at++;
                bool isNot = IsWord("not");
                at += isNot ? 1 : 0;
                string name = Take(TokenKind.Name, "the name of a test").Text;
                CallArguments arguments = new();
                if (IsOperator("("))
                {
                    at++;
                    arguments = Arguments();
                }
                else if (Now.Kind is TokenKind.String or TokenKind.Number || IsOperator("[") || IsOperator("{")
                    || (Now.Kind == TokenKind.Name && Now.Text is not ("else" or "or" or "and" or "is" or "if" or "not"
                        or "in")))
                {
                    arguments.Places.Add(Postfix(Primary()));
                }
                JinjaLibrary.RequireTest(name, line);
                value = scope => JinjaLibrary.Test(name, target(scope), arguments.In(scope), line) != isNot;
            }
            else
            {
                return value;
            }
        }
    }

    // ---- tokens
    // -------------------------------------------------------------------------------------------------------

    protected bool IsWord(string word) => Now.Kind == TokenKind.Name && Now.Text == word;

    protected bool IsOperator(string sort) => Now.Kind == TokenKind.Operator && Now.Text == sort;

    protected JinjaToken Take(TokenKind kind, string what)
    {
        if (Now.Kind != kind)
            throw Wrong("is", what);
        return tokens[at++];
    }

    protected void TakeWord(string word)
    {
        if (!IsWord(word))
            throw Wrong("is", $"'{word}'");
        at++;
    }

    protected void TakeOperator(string sort)
    {
        if (!IsOperator(sort))
            throw Wrong("is", $"'{sort}'");
        at++;
    }

    protected void Close() => Take(TokenKind.Close, "the end of the tag");

    protected void Deeper()
    {
        if (++depth > DeepestNesting)
            throw new TemplateException($"more than {DeepestNesting} things are inside each other", Now.Line);
    }

    protected TemplateException Wrong(string what, string? wanted = null)
    {
        string shown = Files.JsonField.Excerpt(Now.Text, 60);
        string instead = wanted is null ? "" : $" where {wanted} is wanted";
        return new TemplateException($"'{shown}' {what}{instead}", Now.Line);
    }
}
