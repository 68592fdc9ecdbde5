namespace Butler.Responder.Templates;

/// <summary>The languages.</summary>
internal sealed partial record Phrases
{
    private static Phrases English => new()
    {
        Code = "en",
        Greeting = "Hi {0},",
        InformalGreeting = "Hi {0},",
        NeutralGreeting = "Hello,",
        FirstNames = true,
        Closing = "Best regards",
        InformalClosing = "Best regards",
        Wrote = "On {0} {1} {2}, {3} wrote:",
        WroteUndated = "{0} wrote:",
        Shortened = "[…]",
        Months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
        InformalWords = Set(""),
        FormalWords = Set(""),
        Question = new("Thank you for your question:", "Thank you for your question.", "[… your answer …]"),
        Request = new("Thank you for your message. About your request:", "Thank you for your message. About your request:", "[… what you will do, and by when …]"),
        Meeting = new("Thank you for your message. About the date:", "Thank you for your message. About the date:", "[… whether it suits you, or when instead …]"),
        Invitation = new("Thank you very much for the invitation:", "Thank you very much for the invitation.", "[… whether you accept …]"),
        Thanks = new("Thank you for your kind message. You also write:", "Thank you for your kind message.", "[… your answer …]"),
        Complaint = new("Thank you for telling me about this:", "Thank you for telling me about this.", "[… your answer: what happened, and what you will do …]"),
        Other = new("Thank you for your message. You write:", "Thank you for your message.", "[… your answer …]"),
    };

    private static Phrases German => new()
    {
        Code = "de",
        Greeting = "Guten Tag {0},",
        InformalGreeting = "Hallo {0},",
        NeutralGreeting = "Guten Tag,",
        Closing = "Mit freundlichen Grüßen",
        InformalClosing = "Viele Grüße",
        Wrote = "Am {0}. {1} {2} schrieb {3}:",
        WroteUndated = "{0} schrieb:",
        Shortened = "[…]",
        Months = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
        InformalWords = Set("du dich dir dein deine deinen deinem deiner deines euch euer eure euren"),
        // "sie" is also "she" and "they": only the capital speaks to the reader, though also at the beginning of a sentence.
        FormalWords = Set("Ihnen Ihr Ihre Ihren Ihrem Ihrer Ihres Sie", StringComparer.Ordinal),
        Question = new("vielen Dank für Ihre Frage:", "vielen Dank für Ihre Frage.", "[… Ihre Antwort …]")
        {
            InformalQuoting = "vielen Dank für deine Frage:",
            InformalOpening = "vielen Dank für deine Frage.",
        },
        Request = new("vielen Dank für Ihre Nachricht. Zu Ihrer Bitte:", "vielen Dank für Ihre Nachricht. Zu Ihrer Bitte:", "[… was Sie tun werden, und bis wann …]")
        {
            InformalQuoting = "vielen Dank für deine Nachricht. Zu deiner Bitte:",
            InformalOpening = "vielen Dank für deine Nachricht. Zu deiner Bitte:",
        },
        Meeting = new("vielen Dank für Ihre Nachricht. Zum Termin:", "vielen Dank für Ihre Nachricht. Zum Termin:", "[… ob es passt, oder wann sonst …]")
        {
            InformalQuoting = "vielen Dank für deine Nachricht. Zum Termin:",
            InformalOpening = "vielen Dank für deine Nachricht. Zum Termin:",
        },
        Invitation = new("herzlichen Dank für die Einladung:", "herzlichen Dank für die Einladung.", "[… Zusage oder Absage …]"),
        Thanks = new("vielen Dank für die freundliche Nachricht. Sie schreiben auch:", "vielen Dank für die freundliche Nachricht.", "[… Ihre Antwort …]")
        {
            InformalQuoting = "vielen Dank für die nette Nachricht. Du schreibst auch:",
            InformalOpening = "vielen Dank für die nette Nachricht.",
        },
        Complaint = new("vielen Dank, dass Sie mir das mitteilen:", "vielen Dank, dass Sie mir das mitteilen.", "[… Ihre Antwort: was geschehen ist und was Sie tun werden …]")
        {
            InformalQuoting = "danke, dass du mir das schreibst:",
            InformalOpening = "danke, dass du mir das schreibst.",
        },
        Other = new("vielen Dank für Ihre Nachricht. Sie schreiben:", "vielen Dank für Ihre Nachricht.", "[… Ihre Antwort …]")
        {
            InformalQuoting = "vielen Dank für deine Nachricht. Du schreibst:",
            InformalOpening = "vielen Dank für deine Nachricht.",
        },
    };

    private static Phrases French => new()
    {
        Code = "fr",
        Greeting = "Bonjour {0},",
        InformalGreeting = "Bonjour {0},",
        NeutralGreeting = "Bonjour,",
        Closing = "Cordialement,",
        InformalClosing = "Bien à toi,",
        Wrote = "Le {0} {1} {2}, {3} a écrit :",
        WroteUndated = "{0} a écrit :",
        Shortened = "[…]",
        Months = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
        InformalWords = Set("tu toi ton ta tes te"),
        FormalWords = Set("vous votre vos"),
        Question = new("Merci pour votre question :", "Merci pour votre question.", "[… votre réponse …]")
        {
            InformalQuoting = "Merci pour ta question :",
            InformalOpening = "Merci pour ta question.",
        },
        Request = new("Merci pour votre message. Concernant votre demande :", "Merci pour votre message. Concernant votre demande :", "[… ce que vous ferez, et pour quand …]")
        {
            InformalQuoting = "Merci pour ton message. Concernant ta demande :",
            InformalOpening = "Merci pour ton message. Concernant ta demande :",
        },
        Meeting = new("Merci pour votre message. Concernant le rendez-vous :", "Merci pour votre message. Concernant le rendez-vous :", "[… si cela convient, ou quand sinon …]")
        {
            InformalQuoting = "Merci pour ton message. Concernant le rendez-vous :",
            InformalOpening = "Merci pour ton message. Concernant le rendez-vous :",
        },
        Invitation = new("Merci beaucoup pour l’invitation :", "Merci beaucoup pour l’invitation.", "[… si vous acceptez …]"),
        Thanks = new("Merci pour votre aimable message. Vous écrivez aussi :", "Merci pour votre aimable message.", "[… votre réponse …]")
        {
            InformalQuoting = "Merci pour ton gentil message. Tu écris aussi :",
            InformalOpening = "Merci pour ton gentil message.",
        },
        Complaint = new("Merci de m’avoir signalé ceci :", "Merci de me l’avoir signalé.", "[… votre réponse : ce qui s’est passé et ce que vous ferez …]"),
        Other = new("Merci pour votre message. Vous écrivez :", "Merci pour votre message.", "[… votre réponse …]")
        {
            InformalQuoting = "Merci pour ton message. Tu écris :",
            InformalOpening = "Merci pour ton message.",
        },
    };

    private static Phrases Spanish => new()
    {
        Code = "es",
        Greeting = "Hola, {0}:",
        InformalGreeting = "Hola, {0}:",
        NeutralGreeting = "Hola:",
        Closing = "Un cordial saludo,",
        InformalClosing = "Un saludo,",
        Wrote = "El {0} de {1} de {2}, {3} escribió:",
        WroteUndated = "{0} escribió:",
        Shortened = "[…]",
        Months = ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
        InformalWords = Set("tú ti tu tus te contigo puedes tienes quieres vienes sabes"),
        FormalWords = Set("usted ustedes"),
        Question = new("Gracias por su pregunta:", "Gracias por su pregunta.", "[… su respuesta …]")
        {
            InformalQuoting = "Gracias por tu pregunta:",
            InformalOpening = "Gracias por tu pregunta.",
        },
        Request = new("Gracias por su mensaje. Sobre su petición:", "Gracias por su mensaje. Sobre su petición:", "[… qué hará y para cuándo …]")
        {
            InformalQuoting = "Gracias por tu mensaje. Sobre tu petición:",
            InformalOpening = "Gracias por tu mensaje. Sobre tu petición:",
        },
        Meeting = new("Gracias por su mensaje. Sobre la cita:", "Gracias por su mensaje. Sobre la cita:", "[… si le viene bien, o cuándo …]")
        {
            InformalQuoting = "Gracias por tu mensaje. Sobre la cita:",
            InformalOpening = "Gracias por tu mensaje. Sobre la cita:",
        },
        Invitation = new("Muchas gracias por la invitación:", "Muchas gracias por la invitación.", "[… si acepta …]"),
        Thanks = new("Gracias por su amable mensaje. También escribe:", "Gracias por su amable mensaje.", "[… su respuesta …]")
        {
            InformalQuoting = "Gracias por tu amable mensaje. También escribes:",
            InformalOpening = "Gracias por tu amable mensaje.",
        },
        Complaint = new("Gracias por comunicármelo:", "Gracias por comunicármelo.", "[… su respuesta: qué ha pasado y qué hará …]"),
        Other = new("Gracias por su mensaje. Escribe:", "Gracias por su mensaje.", "[… su respuesta …]")
        {
            InformalQuoting = "Gracias por tu mensaje. Escribes:",
            InformalOpening = "Gracias por tu mensaje.",
        },
    };
}
